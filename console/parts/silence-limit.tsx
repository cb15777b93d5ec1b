import { useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { setSilence } from '../api/requests.ts'
import type { Instance } from '../api/types.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { Problem } from './problem.tsx'

/** A year, as the server accepts it. */
const MAX_MINUTES = 525_600

interface SilenceLimitProps {
  instance: Instance
  onSaved: () => void
}

/** Sets the minutes without an event after which an instance is silent. */
export function SilenceLimit({ instance: { name, silenceAfterMinutes }, onSaved }: SilenceLimitProps) {
  const t = texts.value
  const [minutes, setMinutes] = useState(silenceAfterMinutes === null ? '' : String(silenceAfterMinutes))
  const [error, setError] = useState<ApiError | undefined>()
  const [saved, setSaved] = useState(false)

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    setError(undefined)
    setSaved(false)
    try {
      await setSilence(name, minutes === '' ? null : Number(minutes))
      setSaved(true)
      onSaved()
    } catch (error) {
      setError(toApiError(error))
    }
  }

  return (
    <form class="card" onSubmit={(event) => void save(event)}>
      <label class="field">
        <span>{t.activity.limit}</span>
        <input
          type="number"
          min={0}
          max={MAX_MINUTES}
          step={1}
          value={minutes}
          placeholder={t.activity.limitOfServer}
          onInput={(event) => setMinutes(event.currentTarget.value)}
        />
      </label>
      <p class="help">{t.activity.limitHelp}</p>
      <Problem error={error} />
      <div class="row">
        <button type="submit">{t.save}</button>
        <span class="muted" role="status">
          {saved ? t.transports.saved : ''}
        </span>
      </div>
    </form>
  )
}
