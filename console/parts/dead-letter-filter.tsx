import type { DeadLetterGroups } from '../api/types.ts'
import { href } from '../route.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { InstancePicker } from './instance-picker.tsx'

export interface DeadLetterFilterFieldsProps {
  instance: string | undefined
  reason: string | undefined
  queue: string | undefined
  /** Groups of the dead letters that fit; `undefined` until they are loaded. */
  found: DeadLetterGroups | undefined
  onReason: (reason: string | undefined) => void
  onQueue: (queue: string | undefined) => void
}

/** Narrows dead letters to an instance, a reason and a queue. All reasons and queues that there are can be chosen. */
export function DeadLetterFilterFields(props: DeadLetterFilterFieldsProps) {
  const { instance, reason, queue, found, onReason, onQueue } = props
  const t = texts.value.dead
  return (
    <>
      <InstancePicker value={instance} withAll onPick={(name) => (location.hash = href('dead-letters', name))} />
      <Choice label={t.reason} any={t.anyReason} value={reason} counts={found?.reasons ?? []} onChoose={onReason} />
      <Choice label={t.queue} any={t.anyQueue} value={queue} counts={found?.queues ?? []} onChoose={onQueue} />
    </>
  )
}

interface ChoiceProps {
  label: string
  any: string
  value: string | undefined
  counts: DeadLetterGroups['reasons']
  onChoose: (value: string | undefined) => void
}

function Choice({ label, any, value, counts, onChoose }: ChoiceProps) {
  const isListed = value === undefined || counts.some(({ name }) => name === value)
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={value ?? ''}
        onChange={({ currentTarget: { value } }) => onChoose(value === '' ? undefined : value)}
      >
        <option value="">{any}</option>
        {!isListed && <option value={value}>{value}</option>}
        {counts.map(({ name, count }) => (
          <option key={name} value={name}>
            {name} ({formats.value.count(count)})
          </option>
        ))}
      </select>
    </label>
  )
}
