import { useState } from 'preact/hooks'
import { setLimits } from '../api/requests.ts'
import type { Instance, Limits as LimitsOfInstance, Server } from '../api/types.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { SavingForm } from './saving-form.tsx'

const NAMES = ['eventsPerSecond', 'bytesPerSecond', 'sockets', 'retainedBytes'] as const
type Name = (typeof NAMES)[number]

interface LimitsProps {
  instance: Instance
  /** The limits of the server. */
  defaults: Server['limits']
  onSaved: () => void
}

/** Sets what an instance may post and hold. */
export function Limits({ instance: { name, limits }, defaults, onSaved }: LimitsProps) {
  const t = texts.value
  const [given, setGiven] = useState(() => byName((limit) => limits[limit]?.toString() ?? ''))
  const save = () =>
    setLimits(
      name,
      byName<number | null>((limit) => (given[limit] === '' ? null : Number(given[limit])))
    )

  return (
    <SavingForm save={save} onSaved={onSaved}>
      <h2>{t.limits.title}</h2>
      {NAMES.filter((limit) => defaults[limit] !== null).map((limit) => (
        <label class="field" key={limit}>
          <span>{t.limits[limit]}</span>
          <input
            type="number"
            min={0}
            step={1}
            value={given[limit]}
            placeholder={t.limits.default(defaults[limit] ? formats.value.count(defaults[limit]) : t.limits.unlimited)}
            onInput={(event) => setGiven({ ...given, [limit]: event.currentTarget.value })}
          />
        </label>
      ))}
      <p class="help">{t.limits.help}</p>
    </SavingForm>
  )
}

function byName<T>(of: (limit: Name) => T): { [limit in keyof LimitsOfInstance]: T } {
  const [eventsPerSecond, bytesPerSecond, sockets, retainedBytes] = NAMES.map(of) as [T, T, T, T]
  return { eventsPerSecond, bytesPerSecond, sockets, retainedBytes }
}
