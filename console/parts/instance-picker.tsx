import { useId, useState } from 'preact/hooks'
import { listInstances } from '../api/requests.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'

export interface InstancePickerProps {
  value: string | undefined
  /** `undefined`: all. */
  onPick: (instance: string | undefined) => void
  /** Whether all of them may be picked, too. */
  withAll?: boolean
}

/** A field that completes names: there may be thousands. */
export function InstancePicker({ value, onPick, withAll = false }: InstancePickerProps) {
  const t = texts.value
  const id = useId()
  const { value: instances = [] } = useLoaded('instances', listInstances)
  const [text, setText] = useState(value ?? '')

  function take(name: string): void {
    setText(name)
    if (name === '') {
      if (withAll) onPick(undefined)
    } else if (instances.some((instance) => instance.name === name)) onPick(name)
  }

  return (
    <label class="field">
      <span>{t.instance}</span>
      <input
        list={id}
        value={text}
        placeholder={withAll ? t.allInstances : t.pickInstance}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => take(event.currentTarget.value)}
        onChange={(event) => event.currentTarget.value !== '' && onPick(event.currentTarget.value)}
      />
      <datalist id={id}>
        {instances.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </label>
  )
}
