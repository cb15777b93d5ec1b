import { useMemo } from 'preact/hooks'
import { eventKey } from '../../lib/events/event-key.ts'
import type { Message } from '../api/types.ts'
import type { Column } from '../column-widths.ts'
import { eventFamily } from '../event-family.ts'
import { eventPreview } from '../event-preview.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

/** The heads of the columns. @param id of the element that names them, which describes the list to screen readers */
export function EventHeads({ id }: { id: string }) {
  const t = texts.value
  return (
    <div id={id} class="event event-heads">
      <span class="event-time">{t.whenIn(formats.value.zone())}</span>
      <span class="event-name">{t.inspector}</span>
      <span class="event-instance">{t.instance}</span>
      <span class="event-preview">{t.content}</span>
      <span class="event-offset">{t.offset}</span>
    </div>
  )
}

export interface EventRowProps {
  id: string
  event: Message
  /** What the columns show. */
  shown: Record<Column, string>
  /** Pixels from the start of the list; the chosen row has none, because it is placed by the styles. */
  top: number | undefined
  position: number
  of: number
  onOpen: (event: Message) => void
}

export function EventRow({ id, event, shown, top, position, of, onOpen }: EventRowProps) {
  const preview = useMemo(() => eventPreview(event.data), [event])
  return (
    <div
      id={id}
      role="option"
      class="event"
      aria-selected={top === undefined}
      aria-posinset={position}
      aria-setsize={of}
      style={{ transform: top === undefined ? 'none' : `translateY(${top}px)` }}
      onClick={() => onOpen(event)}
    >
      <span class="event-time">{shown.time}</span>
      <span class={`event-name family-${eventFamily(eventKey(event.event))}`}>{shown.event}</span>
      <span class="event-instance" title={shown.instance}>
        {shown.instance}
      </span>
      <span class="event-preview">{preview}</span>
      <span class="event-offset">{shown.offset}</span>
    </div>
  )
}
