import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { toApiError } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { Problem } from './problem.tsx'

export interface SavingFormProps {
  /** Saves what the fields have; what it rejects with is shown. */
  save: () => Promise<unknown>
  onSaved: () => void
  /** The fields. */
  children: ComponentChildren
}

/** A form with a button that saves it. Shows the error, or that it was saved. */
export function SavingForm({ save, onSaved, children }: SavingFormProps) {
  const t = texts.value
  const [error, setError] = useState<ApiError | undefined>()
  const [saved, setSaved] = useState(false)

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    setError(undefined)
    setSaved(false)
    try {
      await save()
      setSaved(true)
      onSaved()
    } catch (error) {
      setError(toApiError(error))
    }
  }

  return (
    <form class="card" onSubmit={(event) => void submit(event)}>
      {children}
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
