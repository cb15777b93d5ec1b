import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { setSelection } from '../api/requests.ts'
import type { Instance, Selection, Transport } from '../api/types.ts'
import { explanationsOfField } from '../explain.ts'
import { draftOf, filterFault, requestOf, sameDraft, type SelectionDraft } from '../selection-draft.ts'
import { eventsOf } from '../state/session.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { messageWords } from '../texts/message-words.ts'
import { EventChecklist } from './event-checklist.tsx'
import { FilterField } from './filter-field.tsx'
import { FilterTrial } from './filter-trial.tsx'
import { OmitField } from './omit-field.tsx'
import { Problem } from './problem.tsx'

export interface SelectionFormProps {
  transport: Transport
  instance: Instance
  onSaved: () => void
}

/** Edits the selection of an instance for one transport: its events, its filter and the members that are left out. */
export function SelectionForm({ transport, instance, onSaved }: SelectionFormProps) {
  const t = texts.value
  const events = eventsOf(instance.name)
  const form = useRef<HTMLFormElement>(null)
  const [saved, setSaved] = useState<Selection | undefined>()
  const [edited, setEdited] = useState<SelectionDraft | undefined>()
  const [error, setError] = useState<ApiError | undefined>()
  const [busy, setBusy] = useState(false)

  // Until the page has loaded it again, the selection that was saved here is newer.
  const loaded = instance[transport]
  const current = draftOf(saved && isNewer(saved, loaded) ? saved : loaded, events)
  const draft = edited ?? current
  const { enabled, selected, filter, omit } = draft
  const changed = !sameDraft(draft, current)
  const chosen = events.filter(({ key }) => selected.has(key))
  const empty = enabled && selected.size === 0
  const ofFilter = explanationsOfField(error, 'filter', messageWords.value)
  const ofOmit = explanationsOfField(error, 'omit', messageWords.value)
  const isPlaced = ofFilter.length + ofOmit.length === error?.messages.length
  const idle = !changed || empty || busy || (enabled && filterFault(filter) !== undefined)

  useLayoutEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [error])

  function change(members: Partial<SelectionDraft>): void {
    setEdited({ ...draft, ...members })
    setSaved(undefined)
    setError(undefined)
  }

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (idle) return
    setBusy(true)
    setError(undefined)
    try {
      setSaved(await setSelection(transport, instance.name, requestOf(draft, events)))
      setEdited(undefined)
      onSaved()
    } catch (error) {
      setError(toApiError(error))
    }
    setBusy(false)
  }

  return (
    <form ref={form} onSubmit={(event) => void save(event)}>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={enabled}
          onChange={(event) => change({ enabled: event.currentTarget.checked })}
        />
        <span>{t.transports[transport].enable}</span>
      </label>
      {enabled && (
        <>
          <EventChecklist
            legend={t.transports.events}
            events={events}
            selected={selected}
            onChange={(selected) => change({ selected })}
          />
          <FilterField events={chosen} filter={filter} refusals={ofFilter} onChange={(filter) => change({ filter })}>
            <FilterTrial instance={instance.name} events={chosen} filter={filter} />
          </FilterField>
          <OmitField omit={omit} refusals={ofOmit} onChange={(omit) => change({ omit })} />
        </>
      )}
      {empty && <p class="notice">{t.transports.nothingSelected}</p>}
      <Problem error={isPlaced ? undefined : error} />
      <div class="row save-bar">
        <button type="submit" class="primary" aria-disabled={idle}>
          {busy ? t.transports.saving : t.save}
        </button>
        <span class="muted" role="status">
          {changed ? t.transports.unsaved : saved ? t.transports.saved : t.transports.unchanged}
        </span>
      </div>
    </form>
  )
}

/** True if a selection was stored after another one, which may never have been stored. Times are ISO 8601, UTC. */
function isNewer({ updatedAt = '' }: Selection, { updatedAt: other = '' }: Selection): boolean {
  return updatedAt > other
}
