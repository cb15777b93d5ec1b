import type { DeadLetterFilter } from '../api/requests.ts'
import type { DeadLetterGroups } from '../api/types.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { InstancePicker } from './instance-picker.tsx'

export interface DeadLetterFilterFieldsProps {
  filter: DeadLetterFilter
  /** Groups of the dead letters that fit; `undefined` until they are loaded. */
  found: DeadLetterGroups | undefined
  onChoose: (filter: DeadLetterFilter) => void
}

/** Narrows dead letters to an instance, a reason and a queue. All reasons and queues that there are can be chosen. */
export function DeadLetterFilterFields({ filter, found, onChoose }: DeadLetterFilterFieldsProps) {
  const t = texts.value.dead
  return (
    <>
      <InstancePicker value={filter.instance} withAll onPick={(instance) => onChoose({ ...filter, instance })} />
      <Choice
        label={t.reason}
        any={t.anyReason}
        value={filter.reason}
        counts={found?.reasons ?? []}
        onChoose={(reason) => onChoose({ ...filter, reason })}
      />
      <Choice
        label={t.queue}
        any={t.anyQueue}
        value={filter.queue}
        counts={found?.queues ?? []}
        onChoose={(queue) => onChoose({ ...filter, queue })}
      />
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
