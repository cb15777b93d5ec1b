import { texts } from '../texts/current.ts'

/** Texts in English, shown on demand. */
export function OriginalText({ messages }: { messages: readonly string[] }) {
  if (messages.length === 0) return null
  return (
    <details class="original">
      <summary>{texts.value.originalText}</summary>
      <div lang="en">
        {messages.map((message) => (
          <p key={message}>{message}</p>
        ))}
      </div>
    </details>
  )
}
