import { useRef, useState } from 'preact/hooks'
import type { Message } from '../api/types.ts'
import { href } from '../route.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { EventList } from './event-list.tsx'
import { JsonView } from './json-view.tsx'

/** A list of events, and the content of the selected one. */
export function EventBrowser({ events, label }: { events: readonly Message[]; label: string }) {
  const t = texts.value
  const inspector = useRef<HTMLElement>(null)
  const [selected, setSelected] = useState<Message | undefined>()
  return (
    <div class="browser">
      <EventList
        events={events}
        label={label}
        selected={selected}
        onSelect={setSelected}
        onOpen={(event) => {
          setSelected(event)
          inspector.current?.focus({ preventScroll: true })
          // On narrow pages, the content is below the list.
          inspector.current?.scrollIntoView({ block: 'nearest' })
        }}
      />
      <section class="inspector" aria-label={t.inspector} tabIndex={-1} ref={inspector}>
        {selected ? <Inspected event={selected} /> : <p class="muted">{t.inspectHint}</p>}
      </section>
    </div>
  )
}

function Inspected({ event }: { event: Message }) {
  const t = texts.value
  return (
    <>
      <h2>{event.event}</h2>
      <dl class="facts-list">
        <dt>{t.instance}</dt>
        <dd>
          <a href={href('instances', event.instance)}>{event.instance}</a>
        </dd>
        <dt>{t.when}</dt>
        <dd>{formats.value.dateTime(event.date_time)}</dd>
        <dt>{t.offset}</dt>
        <dd>{event.offset}</dd>
        <dt>{t.eventId}</dt>
        <dd class="mono">{event.id}</dd>
      </dl>
      <JsonView value={event} label={t.wholeMessage} />
    </>
  )
}
