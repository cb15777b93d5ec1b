import type { Explanation } from '../explain.ts'
import { texts } from '../texts/current.ts'
import { Explanations } from './explanations.tsx'

interface FieldHelpProps {
  /** For `aria-describedby` of the field. */
  id: string
  /** A fault that is found while the user types. */
  fault?: string | undefined
  /** What the server says of the field that it refused. */
  refusals: readonly Explanation[]
  help: string
}

/** The faults of a field, or its help if there are none. */
export function FieldHelp({ id, fault, refusals, help }: FieldHelpProps) {
  return (
    <div id={id}>
      <Refusals of={refusals} />
      {fault !== undefined && <p class="help warn">{fault}</p>}
      {fault === undefined && refusals.length === 0 && <p class="help">{help}</p>}
    </div>
  )
}

/** What the server says of a field, announced by screen readers. */
export function Refusals({ of }: { of: readonly Explanation[] }) {
  return (
    <div role="alert">
      {of.some(({ text }) => text === undefined) && <p class="help refusal">{texts.value.errors.IEV_VALIDATION}</p>}
      <Explanations of={of} class="help refusal" />
    </div>
  )
}
