import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Message } from '../api/types.ts'
import { ColumnWidths, rowTexts, type Column } from '../column-widths.ts'
import { measureIn } from '../measure-text.ts'
import { withSelected } from '../with-selected.ts'
import { formats } from '../texts/formats.ts'
import { texts } from '../texts/current.ts'
import { EventHeads, EventRow } from './event-row.tsx'

/** Additional rows above and below the visible ones, so that scrolling shows no gaps. */
const MARGIN = 4

/** The visible part of the list, in pixels. */
interface View {
  top: number
  height: number
  /** Height of a row from the styles: narrow pages have two lines per row. */
  row: number
}

function viewOf(element: HTMLElement): View {
  const row = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row-height'))
  return { top: element.scrollTop, height: element.clientHeight, row }
}

export interface EventListProps {
  /** Newest first. */
  events: readonly Message[]
  label: string
  /** Stays in the list and in view, also if it is no longer among `events`. */
  selected: Message | undefined
  onSelect: (event: Message) => void
  /** Called with an event that the user opens by a click or Enter. */
  onOpen: (event: Message) => void
}

/**
 * A list of thousands of events. Only the visible rows and the chosen one are in the page, so the rate of events does not matter.
 * It is one tab stop; arrow keys move inside.
 */
export function EventList({ events: given, label, selected, onSelect, onOpen }: EventListProps) {
  const f = formats.value
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const [view, setView] = useState<View>({ top: 0, height: 600, row: 36 })
  const newest = useRef<Message | undefined>(undefined)
  const events = useMemo(() => withSelected(given, selected), [given, selected])
  const columns = useColumns(list, events)

  useEffect(() => {
    const element = list.current as HTMLDivElement
    const observer = new ResizeObserver(() => setView(viewOf(element)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  // Keeps the visible rows in place when new events are added above them.
  useLayoutEffect(() => {
    const element = list.current as HTMLDivElement
    const added = newest.current === undefined ? 0 : given.indexOf(newest.current)
    newest.current = given[0]
    if (added > 0 && element.scrollTop > 0) element.scrollTop += added * view.row
  }, [given])

  const first = Math.max(0, Math.floor(view.top / view.row) - MARGIN)
  const last = Math.ceil((view.top + view.height) / view.row) + MARGIN
  const at = selected ? events.indexOf(selected) : -1

  function select(index: number): void {
    const event = events[Math.min(Math.max(index, 0), events.length - 1)]
    if (!event) return
    const element = list.current as HTMLDivElement
    const top = events.indexOf(event) * view.row
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + view.row > element.scrollTop + element.clientHeight)
      element.scrollTop = top + view.row - element.clientHeight
    onSelect(event)
  }

  function onKeyDown(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(view.height / view.row) - 1)
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: events.length - 1
    }
    if (event.key === 'Enter' && selected) onOpen(selected)
    const index = steps[event.key]
    if (index === undefined) return
    event.preventDefault()
    select(index)
  }

  const row = (event: Message, index: number) => (
    <EventRow
      // Another log may have the same offsets.
      key={`${event.offset} ${event.id}`}
      id={`${id}-${index}`}
      event={event}
      shown={rowTexts(event, f)}
      top={index === at ? undefined : index * view.row}
      position={index + 1}
      of={events.length}
      onOpen={onOpen}
    />
  )
  const shown = events.slice(first, last).map((event, place) => ({ event, index: first + place }))
  return (
    <div class="events-frame" style={columns}>
      <EventHeads id={`${id}-heads`} />
      <div
        ref={list}
        class="events"
        role="listbox"
        tabIndex={0}
        aria-label={label}
        aria-describedby={`${id}-heads`}
        aria-activedescendant={at < 0 ? undefined : `${id}-${at}`}
        onKeyDown={onKeyDown}
        onScroll={(event) => setView(viewOf(event.currentTarget))}
      >
        <div role="presentation" style={{ height: `${events.length * view.row}px` }}>
          {selected && at >= 0 && (
            <>
              {/* The place of the chosen row, from which it moves to the edge that it would leave. */}
              <div role="presentation" style={{ height: `${at * view.row}px` }} />
              {row(selected, at)}
            </>
          )}
          {shown.filter(({ index }) => index !== at).map(({ event, index }) => row(event, index))}
        </div>
      </div>
    </div>
  )
}

/** The columns for the events that the list has had so far, in the current language. */
function useColumns(list: { readonly current: Element | null }, events: readonly Message[]): Record<string, string> {
  const f = formats.value
  const t = texts.value
  const [template, setTemplate] = useState({ wide: '', narrow: '' })
  const widths = useRef<ColumnWidths>(undefined)
  useLayoutEffect(() => {
    widths.current ??= new ColumnWidths(measureIn(list.current as Element))
    const heads: Record<Column, string> = {
      time: t.whenIn(f.zone()),
      event: t.inspector,
      instance: t.instance,
      offset: t.offset
    }
    // Of times and offsets, those of the ends are long enough.
    const ends = [events[0], events.at(-1)].filter((event) => event !== undefined)
    for (const shown of [heads, ...ends.map((event) => rowTexts(event, f))])
      for (const [column, text] of Object.entries(shown)) widths.current.add(column as Column, text)
    for (const { event, instance } of events) widths.current.add('event', event).add('instance', instance)
    const { wide, narrow } = widths.current
    setTemplate((before) => (before.wide === wide ? before : { wide, narrow }))
  }, [events, f])
  return { '--event-columns': template.wide, '--event-columns-narrow': template.narrow }
}
