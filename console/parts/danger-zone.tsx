import { useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { deleteInstance, getBacklog } from '../api/requests.ts'
import { href } from '../route.ts'
import { ownInstance } from '../state/session.ts'
import { toApiError, useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Dialog } from './dialog.tsx'
import { EraseEvents } from './erase-events.tsx'
import { NameField } from './name-field.tsx'
import { Problem } from './problem.tsx'
import { RenewToken } from './renew-token.tsx'

/** Irreversible actions: erasing events; for the operator, also replacing the token and deleting the instance. */
export function DangerZone({ name }: { name: string }) {
  const { danger: t, erasure } = texts.value
  const isOperator = ownInstance.value === undefined
  const [open, setOpen] = useState<'erase' | 'token' | 'delete' | undefined>()
  const close = () => setOpen(undefined)
  return (
    <section class="card danger-zone" aria-labelledby="danger">
      <h2 id="danger">{t.title}</h2>
      <div class="row spread">
        <p>{erasure.help}</p>
        <button type="button" class="danger" onClick={() => setOpen('erase')}>
          {erasure.action}
        </button>
      </div>
      {isOperator && (
        <>
          <div class="row spread">
            <p>{t.tokenHelp}</p>
            <button type="button" onClick={() => setOpen('token')}>
              {t.token}
            </button>
          </div>
          <div class="row spread">
            <p>{t.deleteHelp}</p>
            <button type="button" class="danger" onClick={() => setOpen('delete')}>
              {t.delete}
            </button>
          </div>
        </>
      )}
      {open === 'erase' && <EraseEvents name={name} onClose={close} />}
      {open === 'token' && <RenewToken name={name} onClose={close} />}
      {open === 'delete' && <DeleteInstance name={name} onClose={close} />}
    </section>
  )
}

function DeleteInstance({ name, onClose }: { name: string; onClose: () => void }) {
  const t = texts.value
  const [typed, setTyped] = useState('')
  const [error, setError] = useState<ApiError | undefined>()
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (typed !== name) return
    try {
      await deleteInstance(name)
      location.hash = href('instances')
    } catch (error) {
      setError(toApiError(error))
    }
  }
  return (
    <Dialog title={t.danger.deleteTitle(name)} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <p>{t.danger.deleteWarning}</p>
        <Unsent name={name} />
        <NameField name={name} typed={typed} onTyped={setTyped} />
        <Problem error={error} />
        <div class="row end">
          <button type="button" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" class="danger" disabled={typed !== name}>
            {t.danger.delete}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** What SQS does not have of an instance that is to be deleted. */
function Unsent({ name }: { name: string }) {
  const t = texts.value
  const { count } = formats.value
  const { value, error, reload } = useLoaded(name, (signal) => getBacklog(name, signal))
  if (error) return <Problem error={error} onRetry={reload} />
  if (!value) return <p class="muted">{t.loading}</p>
  return (
    <dl class="facts-list">
      <dt>{t.danger.pending}</dt>
      <dd>{count(value.pending)}</dd>
      <dt>{t.pages['dead-letters']}</dt>
      <dd>
        {count(value.deadLetters)}{' '}
        {value.deadLetters > 0 && <a href={href('dead-letters', name)}>{t.danger.showDeadLetters}</a>}
      </dd>
    </dl>
  )
}
