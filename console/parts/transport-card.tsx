import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { setSelection } from '../api/requests.ts'
import type { CatalogueEvent, Instance, Transport } from '../api/types.ts'
import { eventsOf } from '../state/session.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { EventChecklist } from './event-checklist.tsx'
import { ModeHint } from './mode-hint.tsx'
import { Problem } from './problem.tsx'

export interface TransportCardProps {
  transport: Transport
  instance: Instance
  /** True if the server has this transport. */
  available: boolean
  onSaved: () => void
  children: ComponentChildren
}

/** The selection of an instance for one transport. */
export function TransportCard({ transport, instance, available, onSaved, children }: TransportCardProps) {
  const t = texts.value.transports
  return (
    <section class="card transport" aria-labelledby={`transport-${transport}`}>
      <h2 id={`transport-${transport}`}>{t[transport].title}</h2>
      {available ? (
        <>
          <ModeHint transport={transport} name={instance.name} />
          <SelectionForm transport={transport} instance={instance} onSaved={onSaved} />
          {children}
        </>
      ) : (
        <p class="notice">{t[transport].switchedOff}</p>
      )}
    </section>
  )
}

type SelectionFormProps = Pick<TransportCardProps, 'transport' | 'instance' | 'onSaved'>

function SelectionForm({ transport, instance, onSaved }: SelectionFormProps) {
  const t = texts.value
  const stored = instance[transport]
  const events = eventsOf(instance.name)
  const [enabled, setEnabled] = useState(stored.enabled)
  const [selected, setSelected] = useState(() => initial(stored.events, events))
  const [error, setError] = useState<ApiError | undefined>()
  const [busy, setBusy] = useState(false)
  const [saved, setSaved] = useState(false)
  const changed = enabled !== stored.enabled || !same(selected, initial(stored.events, events))

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setError(undefined)
    try {
      // An empty list stands for all events, also for those that the server learns of later.
      const all = enabled && same(selected, initial([], events))
      await setSelection(transport, instance.name, { enabled, events: all ? [] : [...selected] })
      setSaved(true)
      onSaved()
    } catch (error) {
      setError(toApiError(error))
    }
    setBusy(false)
  }

  return (
    <form onSubmit={(event) => void save(event)}>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        <span>{t.transports[transport].enable}</span>
      </label>
      {enabled && (
        <EventChecklist legend={t.transports.events} events={events} selected={selected} onChange={setSelected} />
      )}
      {enabled && selected.size === 0 && <p class="notice">{t.transports.nothingSelected}</p>}
      <Problem error={error} />
      <div class="row">
        <button type="submit" class="primary" disabled={enabled && selected.size === 0} aria-disabled={busy}>
          {busy ? t.transports.saving : t.save}
        </button>
        <span class="muted" role="status">
          {changed ? t.transports.unsaved : saved ? t.transports.saved : ''}
        </span>
      </div>
    </form>
  )
}

/** The keys that are ticked at first: of a selection without any, those that switching it on selects. */
function initial(stored: readonly string[], events: readonly CatalogueEvent[]): ReadonlySet<string> {
  return new Set(stored.length > 0 ? stored : events.filter(({ inAll }) => inAll).map(({ key }) => key))
}

function same(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && one.isSubsetOf(other)
}
