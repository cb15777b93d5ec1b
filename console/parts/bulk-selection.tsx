import { useState } from 'preact/hooks'
import type { SelectionRequest } from '../../lib/instances/selections.ts'
import type { Transport } from '../api/types.ts'
import { NOTHING_SET, setSelections, type WhichInstances } from '../bulk-selection.ts'
import { href } from '../route.ts'
import { keysOfAll, requestedEvents } from '../selection-draft.ts'
import { session } from '../state/session.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { BulkWork } from './bulk-work.tsx'
import { Dialog } from './dialog.tsx'
import { EventChecklist } from './event-checklist.tsx'
import { ServerText } from './server-text.tsx'

export type ChosenInstances = WhichInstances & { count: number }

export interface BulkSelectionProps {
  chosen: ChosenInstances
  onDone: () => void
  onClose: () => void
}

interface Change {
  transport: Transport
  request: SelectionRequest
}

/** Asks which selection some instances are to have for a transport, then sets it with progress. */
export function BulkSelection({ chosen, onDone, onClose }: BulkSelectionProps) {
  const t = texts.value
  const [change, setChange] = useState<Change | undefined>()
  if (!change) return <ChangeDialog chosen={chosen} onConfirm={setChange} onClose={onClose} />
  return (
    <BulkWork
      title={t.instances.setting(t.transports[change.transport].title)}
      total={chosen.count}
      begin={NOTHING_SET}
      run={(running) => setSelections(chosen, change, running)}
      help={t.instances.setHelp}
      summary={({ failed }) => (failed > 0 ? [t.instances.failed(formats.value.count(failed))] : [])}
      onDone={onDone}
      onClose={onClose}
    >
      {({ failed, failures }) =>
        failed > 0 && (
          <ul class="failures" tabIndex={0} aria-label={t.instances.failed(formats.value.count(failed))}>
            {failures.map(({ name, ...failure }) => (
              <li key={name}>
                <a href={href('instances', name)}>{name}</a> <code class="reason">{failure.code}</code>{' '}
                <ServerText {...failure} />
              </li>
            ))}
            {failed > failures.length && (
              <li class="muted">{t.instances.moreFailures(formats.value.count(failed - failures.length))}</li>
            )}
          </ul>
        )
      }
    </BulkWork>
  )
}

const KINDS = ['stored', 'these', 'off'] as const

interface ChangeDialogProps {
  chosen: ChosenInstances
  onConfirm: (change: Change) => void
  onClose: () => void
}

function ChangeDialog({ chosen, onConfirm, onClose }: ChangeDialogProps) {
  const t = texts.value
  const { server } = session.value ?? {}
  const transports = (['sqs', 'websocket'] as const).filter((transport) => server?.[transport] != null)
  const events = server?.events ?? []
  const [transport, setTransport] = useState<Transport>(transports[0] ?? 'sqs')
  const [kind, setKind] = useState<(typeof KINDS)[number]>('stored')
  const [selected, setSelected] = useState(() => keysOfAll(events))
  const isEmpty = kind === 'these' && selected.size === 0
  const count = formats.value.count(chosen.count)

  function submit(event: SubmitEvent): void {
    event.preventDefault()
    if (isEmpty) return
    const these = kind === 'these' && { events: requestedEvents(selected, events) }
    onConfirm({ transport, request: { enabled: kind !== 'off', ...these } })
  }

  return (
    <Dialog title={t.instances.setTitle(count)} onClose={onClose}>
      <form onSubmit={submit}>
        <label class="field">
          <span>{t.instances.transport}</span>
          <select value={transport} onChange={(event) => setTransport(event.currentTarget.value as Transport)}>
            {transports.map((known) => (
              <option key={known} value={known}>
                {t.transports[known].title}
              </option>
            ))}
          </select>
        </label>
        <fieldset class="choices">
          <legend>{t.instances.change}</legend>
          {KINDS.map((known) => (
            <label key={known} class="check">
              <input type="radio" name="change" checked={kind === known} onChange={() => setKind(known)} />
              <span>{t.instances.changes[known]}</span>
            </label>
          ))}
        </fieldset>
        {kind === 'these' && (
          <EventChecklist legend={t.transports.events} events={events} selected={selected} onChange={setSelected} />
        )}
        {isEmpty && <p class="notice">{t.transports.nothingSelected}</p>}
        <div class="row end">
          <button type="button" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" class={kind === 'off' ? 'danger' : 'primary'} aria-disabled={isEmpty}>
            {t.instances.set(count)}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
