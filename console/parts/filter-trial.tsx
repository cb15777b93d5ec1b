import { useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { lastEvent, passesFilter } from '../api/log.ts'
import type { CatalogueEvent, Message } from '../api/types.ts'
import { explanationsOfField } from '../explain.ts'
import { PRESET_EVENT } from '../filter-presets.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { messageWords } from '../texts/message-words.ts'
import { formats } from '../texts/formats.ts'
import { Refusals } from './field-help.tsx'
import { Problem } from './problem.tsx'

interface FilterTrialProps {
  instance: string
  /** The events to choose from. */
  events: readonly CatalogueEvent[]
  /** JSON. */
  filter: string
}

interface Trial {
  /** The event and the filter that were tried. */
  of: string
  /** `undefined`: the log has none. */
  last?: Message | undefined
  passes?: boolean
  error?: ApiError
}

/** Tells whether the last event of a kind passes a filter. The server evaluates it, as it does for deliveries. */
export function FilterTrial({ instance, events, filter }: FilterTrialProps) {
  const t = texts.value.filters.trial
  const [chosen, setChosen] = useState(PRESET_EVENT.name)
  const [trial, setTrial] = useState<Trial | undefined>()
  const event = (events.find(({ name }) => name === chosen) ?? events[0])?.name
  const of = `${event} ${filter}`
  const { last, passes, error } = (trial?.of === of && trial) || {}
  const refusals = explanationsOfField(error, 'filter', messageWords.value)

  async function attempt(name: string): Promise<void> {
    try {
      const last = await lastEvent(instance, name)
      setTrial({ of, last, passes: last !== undefined && (await passesFilter(instance, last, filter)) })
    } catch (error) {
      setTrial({ of, error: toApiError(error) })
    }
  }

  if (event === undefined) return null
  return (
    <div class="trial">
      <div class="row">
        <select aria-label={t.event} value={event} onChange={(changed) => setChosen(changed.currentTarget.value)}>
          {events.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <button type="button" onClick={() => void attempt(event)}>
          {t.submit}
        </button>
      </div>
      <p role="status" class={passes ? 'state good' : last ? 'state waiting' : 'muted'}>
        {trial?.of === of && !error && verdict(event, last, passes)}
      </p>
      <Refusals of={refusals} />
      <Problem error={refusals.length === error?.messages.length ? undefined : error} />
    </div>
  )

  function verdict(name: string, last: Message | undefined, passes = false): string {
    if (!last) return t.none(name)
    const { count, dateTime } = formats.value
    return t[passes ? 'passes' : 'fails'](name, count(last.offset), dateTime(last.date_time))
  }
}
