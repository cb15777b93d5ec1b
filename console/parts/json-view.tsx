import { useMemo } from 'preact/hooks'
import { jsonTokens } from '../json-tokens.ts'
import { CopyButton } from './copy-button.tsx'

/** @param label what it is the JSON of */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  const tokens = useMemo(() => jsonTokens(value), [value])
  return (
    <div class="code">
      <p class="code-head">
        <span>{label}</span>
        <CopyButton text={JSON.stringify(value, null, 2) ?? 'null'} what={label} />
      </p>
      <pre tabIndex={0} role="region" aria-label={label}>
        {tokens.map(({ kind, text }, index) => (
          <span key={index} class={`json-${kind}`}>
            {text}
          </span>
        ))}
      </pre>
    </div>
  )
}
