import { useState } from 'preact/hooks'
import { ApiError } from '../api/call.ts'
import { Brand } from '../parts/brand.tsx'
import { Preferences } from '../parts/preferences.tsx'
import { Problem } from '../parts/problem.tsx'
import { refused, restore, restoreError, signIn } from '../state/session.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'

export function SignInPage() {
  const t = texts.value
  const [key, setKey] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>()

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (key === '' || busy) return
    setBusy(true)
    try {
      await signIn(key)
    } catch (error) {
      setError(toApiError(error))
      setBusy(false)
    }
  }

  return (
    <main class="centred">
      <form class="card sign-in" onSubmit={(event) => void submit(event)}>
        <Brand />
        <h1>{t.signIn.title}</h1>
        <p class="lead">{t.signIn.lead}</p>
        {refused.value && error === undefined && (
          <p class="problem" role="alert">
            {t.signIn.refused}
          </p>
        )}
        {restoreError.value && error === undefined && (
          <>
            <Problem error={restoreError.value} onRetry={() => void restore()} />
            <p class="help">{t.signIn.kept}</p>
          </>
        )}
        <label class="field">
          <span>{t.signIn.key}</span>
          <input
            type="password"
            name="key"
            value={key}
            required
            autoFocus
            autocomplete="current-password"
            spellcheck={false}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <p class="help">{t.signIn.where}</p>
        <Problem error={error} />
        <button type="submit" class="primary" aria-disabled={busy}>
          {t.signIn.submit}
        </button>
        <Preferences />
      </form>
    </main>
  )
}
