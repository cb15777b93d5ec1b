import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Message } from '../api/types.ts'
import { eventPreview } from '../event-preview.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

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
  selected: Message | undefined
  onSelect: (event: Message) => void
  /** Called with an event that the user opens by a click or Enter. */
  onOpen: (event: Message) => void
}

/**
 * A list of thousands of events. Only the visible rows are in the page, so the rate of events does not matter. It is one tab stop;
 * arrow keys move inside.
 */
export function EventList({ events, label, selected, onSelect, onOpen }: EventListProps) {
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const [view, setView] = useState<View>({ top: 0, height: 600, row: 36 })
  const newest = useRef<Message | undefined>(undefined)

  useEffect(() => {
    const element = list.current as HTMLDivElement
    const observer = new ResizeObserver(() => setView(viewOf(element)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  // Keeps the visible rows in place when new events are added above them.
  useLayoutEffect(() => {
    const element = list.current as HTMLDivElement
    const added = newest.current === undefined ? 0 : events.indexOf(newest.current)
    newest.current = events[0]
    if (added > 0 && element.scrollTop > 0) element.scrollTop += added * view.row
  }, [events])

  const first = Math.max(0, Math.floor(view.top / view.row) - MARGIN)
  const shown = events.slice(first, Math.ceil((view.top + view.height) / view.row) + MARGIN)
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

  return (
    <div
      ref={list}
      class="events"
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={at >= first && at < first + shown.length ? `${id}-${at}` : undefined}
      onKeyDown={onKeyDown}
      onScroll={(event) => setView(viewOf(event.currentTarget))}
    >
      <div role="presentation" style={{ height: `${events.length * view.row}px` }}>
        {shown.map((event, index) => (
          <Row
            // Another log may have the same offsets.
            key={`${event.offset} ${event.id}`}
            id={`${id}-${first + index}`}
            event={event}
            top={(first + index) * view.row}
            position={first + index + 1}
            of={events.length}
            selected={first + index === at}
            onOpen={onOpen}
          />
        ))}
      </div>
    </div>
  )
}

interface RowProps {
  id: string
  event: Message
  /** Pixels. */
  top: number
  position: number
  of: number
  selected: boolean
  onOpen: (event: Message) => void
}

function Row({ id, event, top, position, of, selected, onOpen }: RowProps) {
  const preview = useMemo(() => eventPreview(event.data), [event])
  return (
    <div
      id={id}
      role="option"
      class="event"
      aria-selected={selected}
      aria-posinset={position}
      aria-setsize={of}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onOpen(event)}
    >
      <span class="event-time">{formats.value.time(event.date_time)}</span>
      <span class="event-name">{event.event}</span>
      <span class="event-instance">{event.instance}</span>
      <span class="event-preview">{preview}</span>
      <span class="event-offset" title={texts.value.offset}>
        {event.offset}
      </span>
    </div>
  )
}
