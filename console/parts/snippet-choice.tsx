import { useId, useState } from 'preact/hooks'
import { Snippet } from './snippet.tsx'

export interface SnippetChoiceProps {
  title: string
  /** What is chosen, such as the language. */
  choice: string
  /** Code by the name of its choice; at least one. */
  snippets: Readonly<Record<string, string>>
  help: string
}

/** One of several pieces of code, with a copy button. */
export function SnippetChoice({ title, choice, snippets, help }: SnippetChoiceProps) {
  const group = useId()
  const names = Object.keys(snippets)
  const [picked, setPicked] = useState<string | undefined>()
  const shown = picked !== undefined && picked in snippets ? picked : (names[0] as string)
  return (
    <>
      {names.length > 1 && (
        <div class="row" role="radiogroup" aria-label={choice}>
          {names.map((name) => (
            <label key={name} class="check">
              <input type="radio" name={group} checked={shown === name} onChange={() => setPicked(name)} />
              <span>{name}</span>
            </label>
          ))}
        </div>
      )}
      <Snippet text={snippets[shown] as string} label={title} />
      <p class="help">{help}</p>
    </>
  )
}
