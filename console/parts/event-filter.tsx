import { session } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { EventChecklist } from './event-checklist.tsx'

/** A collapsed filter of events. @param names of the selected events; an empty list means all */
export function EventFilter({ names, onChange }: { names: readonly string[]; onChange: (names: string[]) => void }) {
  const t = texts.value
  const events = session.value?.server.events ?? []
  const keys = new Set(events.filter(({ name }) => names.includes(name)).map(({ key }) => key))
  return (
    <details class="filter">
      <summary>
        {t.filterEvents} <span class="muted">{names.length === 0 ? t.allEvents : names.join(', ')}</span>
      </summary>
      <EventChecklist
        legend={t.filterEvents}
        events={events}
        selected={keys}
        onChange={(next) => onChange(events.filter(({ key }) => next.has(key)).map(({ name }) => name))}
      />
    </details>
  )
}
