import { useEffect, useId, useState } from 'preact/hooks'
import { suggestNames } from '../api/requests.ts'
import { useDebounced } from '../state/use-debounced.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'

export interface InstancePickerProps {
  value: string | undefined
  /** `undefined` for all instances. */
  onPick: (instance: string | undefined) => void
  /** True if the user may also choose all instances. */
  withAll?: boolean
}

/** Suggestions in the list. */
const SUGGESTIONS = 20

/** A text field that suggests names of instances, of which there may be very many. */
export function InstancePicker({ value, onPick, withAll = false }: InstancePickerProps) {
  const t = texts.value
  const id = useId()
  const [text, setText] = useState(value ?? '')
  const search = useDebounced(text.trim())
  const { value: names = [] } = useLoaded(`instances ${search}`, (signal) => suggestNames(search, SUGGESTIONS, signal))
  const isName = names.includes(text)

  useEffect(() => {
    if (isName && text !== value) onPick(text)
    // `onPick` is a new function at each rendering.
  }, [isName, text])

  function type(typed: string): void {
    setText(typed)
    if (typed === '' && withAll) onPick(undefined)
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
        onInput={(event) => type(event.currentTarget.value)}
        onChange={(event) => event.currentTarget.value !== '' && onPick(event.currentTarget.value)}
      />
      <datalist id={id}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </label>
  )
}
