import { useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { deleteInstance, renewToken } from '../api/requests.ts'
import { href } from '../route.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { Dialog } from './dialog.tsx'
import { NewToken } from './new-token.tsx'
import { Problem } from './problem.tsx'

/** Irreversible actions: replacing the token and deleting the instance. */
export function DangerZone({ name }: { name: string }) {
  const t = texts.value.danger
  const [open, setOpen] = useState<'token' | 'delete' | undefined>()
  const close = () => setOpen(undefined)
  return (
    <section class="card danger-zone" aria-labelledby="danger">
      <h2 id="danger">{t.title}</h2>
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
      {open === 'token' && <RenewToken name={name} onClose={close} />}
      {open === 'delete' && <DeleteInstance name={name} onClose={close} />}
    </section>
  )
}

function RenewToken({ name, onClose }: { name: string; onClose: () => void }) {
  const t = texts.value
  const [token, setToken] = useState<string | undefined>()
  const [error, setError] = useState<ApiError | undefined>()
  async function renew(): Promise<void> {
    try {
      setToken((await renewToken(name)).hash)
    } catch (error) {
      setError(toApiError(error))
    }
  }
  return (
    <Dialog title={t.danger.token} onClose={onClose}>
      {token === undefined ? <p>{t.danger.tokenWarning(name)}</p> : <NewToken token={token} />}
      <Problem error={error} />
      <div class="row end">
        <button type="button" onClick={onClose}>
          {token === undefined ? t.cancel : t.close}
        </button>
        {token === undefined && (
          <button type="button" class="danger" onClick={() => void renew()}>
            {t.danger.token}
          </button>
        )}
      </div>
    </Dialog>
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
        <label class="field">
          <span>{t.danger.typeName(name)}</span>
          <input
            value={typed}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
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
