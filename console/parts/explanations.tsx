import type { Explanation } from '../explain.ts'
import { OriginalText } from './original-text.tsx'

interface ExplanationsProps {
  of: readonly Explanation[]
  /** Class of each paragraph. */
  class?: string
}

/** What an error says in the page's language, or else the original. */
export function Explanations({ of, class: name }: ExplanationsProps) {
  return (
    <>
      {of.map(
        ({ text }) =>
          text !== undefined && (
            <p key={text} class={name}>
              {text}
            </p>
          )
      )}
      <OriginalText messages={of.flatMap(({ original }) => original ?? [])} />
    </>
  )
}
