import type { Message } from './api/types.ts'
import type { Formats } from './format.ts'

/** Columns whose widths depend on what is in them. */
export type Column = 'time' | 'event' | 'instance' | 'offset'

/** Pixels of a column, at most: a longer text is cut. */
const MAX_WIDTH: Readonly<Record<Column, number>> = { time: 170, event: 240, instance: 260, offset: 120 }

const MAX_MEASURED = 10_000

/** Returns the width of a text in pixels. */
export type Measure = (column: Column, text: string) => number

/**
 * Widths of the columns of a list, by the longest text that was in it so far. They never shrink: a list of live events would move
 * to and fro.
 */
export class ColumnWidths {
  readonly #measure: Measure
  readonly #widths: Record<Column, number> = { time: 0, event: 0, instance: 0, offset: 0 }
  /** Texts that have been measured. */
  readonly #measured = { time: new Set(), event: new Set(), instance: new Set(), offset: new Set() }

  constructor(measure: Measure) {
    this.#measure = measure
  }

  /** Makes room for a text. */
  add(column: Column, text: string): this {
    const measured = this.#measured[column]
    if (measured.has(text)) return this
    if (measured.size >= MAX_MEASURED) measured.clear()
    measured.add(text)
    const width = Math.min(MAX_WIDTH[column], Math.ceil(this.#measure(column, text)))
    this.#widths[column] = Math.max(this.#widths[column], width)
    return this
  }

  /** `grid-template-columns` without offsets. What is said of an event gets the rest, and names are cut before it is gone. */
  get narrow(): string {
    const { time, event, instance } = this.#widths
    return `${time}px minmax(0, ${event}px) minmax(0, ${instance}px) minmax(96px, 1fr)`
  }

  /** `grid-template-columns` of all columns. */
  get wide(): string {
    return `${this.narrow} ${this.#widths.offset}px`
  }
}

/** The texts of a row, for its columns. */
export function rowTexts(
  { date_time: time, event, instance, offset }: Message,
  { moment, count }: Pick<Formats, 'moment' | 'count'>
): Record<Column, string> {
  return { time: moment(time), event, instance, offset: count(offset) }
}
