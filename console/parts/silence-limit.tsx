import { useState } from 'preact/hooks'
import { setSilence } from '../api/requests.ts'
import type { Instance } from '../api/types.ts'
import { texts } from '../texts/current.ts'
import { SavingForm } from './saving-form.tsx'

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

  return (
    <SavingForm save={() => setSilence(name, minutes === '' ? null : Number(minutes))} onSaved={onSaved}>
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
    </SavingForm>
  )
}
