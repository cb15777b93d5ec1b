import { CopyButton } from './copy-button.tsx'

export function Snippet({ text, label }: { text: string; label: string }) {
  return (
    <div class="code">
      <p class="code-head">
        <span>{label}</span>
        <CopyButton text={text} what={label} />
      </p>
      <pre tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
    </div>
  )
}
