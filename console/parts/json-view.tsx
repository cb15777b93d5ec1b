import { useMemo } from 'preact/hooks'
import { jsonTokens } from '../json-tokens.ts'
import { texts } from '../texts/current.ts'
import { CopyButton } from './copy-button.tsx'

/** @param label name of the value */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  const { tokens, cut } = useMemo(() => jsonTokens(value), [value])
  return (
    <div class="code">
      <p class="code-head">
        <span>{label}</span>
        <CopyButton text={() => wholeJson(value)} what={label} />
      </p>
      <pre tabIndex={0} role="region" aria-label={label}>
        {tokens.map(({ kind, text }, index) => (
          <span key={index} class={`json-${kind}`}>
            {text}
          </span>
        ))}
      </pre>
      {cut && <p class="code-foot">{texts.value.jsonCut}</p>}
    </div>
  )
}

/** Indented JSON, or compact JSON if the indentation of deep nesting exceeds the maximum length of a string. */
function wholeJson(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2) ?? 'null'
  } catch {
    return JSON.stringify(value)
  }
}
