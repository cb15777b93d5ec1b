import { useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { createInstance } from '../api/requests.ts'
import type { Created } from '../api/types.ts'
import { href } from '../route.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { Dialog } from './dialog.tsx'
import { NewToken } from './new-token.tsx'
import { Problem } from './problem.tsx'

interface CreateInstanceProps {
  /** The name that the field begins with. */
  name?: string
  onCreated: () => void
  onClose: () => void
}

/** A dialog that asks for a name, then shows the token once. */
export function CreateInstance({ name: suggested = '', onCreated, onClose }: CreateInstanceProps) {
  const t = texts.value
  const [name, setName] = useState(suggested)
  const [token, setToken] = useState('')
  const [created, setCreated] = useState<Created | undefined>()
  const [error, setError] = useState<ApiError | undefined>()
  const [busy, setBusy] = useState(false)

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    try {
      setCreated(await createInstance(name.trim(), token.trim()))
      onCreated()
    } catch (error) {
      setError(toApiError(error))
    }
    setBusy(false)
  }

  if (created) {
    const { instanceName } = created.instance
    return (
      <Dialog title={t.create.done(instanceName)} onClose={onClose}>
        <NewToken token={created.hash} />
        <div class="row end">
          <button type="button" onClick={onClose}>
            {t.close}
          </button>
          <a class="button primary" href={href('instances', instanceName)} onClick={onClose}>
            {t.create.next}
          </a>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title={t.instances.create} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <label class="field">
          <span>{t.create.name}</span>
          <input
            value={name}
            required
            maxLength={100}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <p class="help">{t.create.nameHelp}</p>
        <label class="field">
          <span>{t.create.token}</span>
          <input
            value={token}
            maxLength={255}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <p class="help">{t.create.tokenHelp}</p>
        <Problem error={error} />
        <div class="row end">
          <button type="button" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" class="primary" aria-disabled={busy}>
            {t.create.submit}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
