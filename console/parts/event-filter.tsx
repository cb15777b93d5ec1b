import type { ComponentChildren } from 'preact'
import { eventsOf } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { EventChecklist } from './event-checklist.tsx'

interface EventFilterProps {
  /** The instance whose events are filtered; `undefined`: all instances. */
  instance: string | undefined
  /** Names of the selected events; an empty list means all. */
  names: readonly string[]
  onChange: (names: string[]) => void
  /** True if `children` filter the events, too. */
  isFiltered?: boolean
  children?: ComponentChildren
}

/** A collapsed filter of events. */
export function EventFilter({ instance, names, onChange, isFiltered = false, children }: EventFilterProps) {
  const t = texts.value
  const events = eventsOf(instance)
  const keys = new Set(events.filter(({ name }) => names.includes(name)).map(({ key }) => key))
  return (
    <details class="filter">
      <summary>
        {t.filterEvents}{' '}
        <span class="muted">
          {names.length === 0 ? t.allEvents : names.join(', ')}
          {isFiltered && ` · ${t.filters.filter}`}
        </span>
      </summary>
      <EventChecklist
        legend={t.filterEvents}
        events={events}
        selected={keys}
        onChange={(next) => onChange(events.filter(({ key }) => next.has(key)).map(({ name }) => name))}
      />
      {children}
    </details>
  )
}
