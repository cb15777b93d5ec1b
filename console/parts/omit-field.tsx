import { useId } from 'preact/hooks'
import type { Explanation } from '../explain.ts'
import { texts } from '../texts/current.ts'
import { FieldHelp } from './field-help.tsx'

interface OmitFieldProps {
  /** Paths of members, one per line. */
  omit: string
  /** What the server says of those that it refused. */
  refusals: readonly Explanation[]
  onChange: (omit: string) => void
}

/** Edits the paths of the members that are left out. */
export function OmitField({ omit, refusals, onChange }: OmitFieldProps) {
  const t = texts.value.filters
  const id = useId()
  return (
    <>
      <label class="field">
        <span>{t.omit}</span>
        <textarea
          class="mono"
          rows={Math.min(10, Math.max(2, omit.split('\n').length))}
          spellcheck={false}
          value={omit}
          aria-invalid={refusals.length > 0}
          aria-describedby={id}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      </label>
      <FieldHelp id={id} refusals={refusals} help={t.omitHelp} />
      <div class="row">
        <button type="button" aria-disabled={omit === ''} onClick={() => onChange('')}>
          {t.removeOmitted}
        </button>
      </div>
    </>
  )
}
