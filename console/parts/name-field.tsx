import { texts } from '../texts/current.ts'

interface NameFieldProps {
  name: string
  typed: string
  onTyped: (typed: string) => void
}

/** The field in which the name of an instance is typed before something irreversible is done to it. */
export function NameField({ name, typed, onTyped }: NameFieldProps) {
  return (
    <label class="field">
      <span>{texts.value.danger.typeName(name)}</span>
      <input
        value={typed}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onTyped(event.currentTarget.value)}
      />
    </label>
  )
}
