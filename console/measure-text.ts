import type { Measure } from './column-widths.ts'

/** Pixels of the mark of a family and the gap after it. */
const MARK_WIDTH = 16

/** Measures texts in the font of an element; names of events are bold, with a mark before them. */
export function measureIn(element: Element): Measure {
  const { fontSize, fontFamily } = getComputedStyle(element)
  const context = document.createElement('canvas').getContext('2d')
  return (column, text) => {
    if (!context) return 0
    context.font = `${column === 'event' ? 600 : 400} ${fontSize} ${fontFamily}`
    return context.measureText(text).width + (column === 'event' ? MARK_WIDTH : 0)
  }
}
