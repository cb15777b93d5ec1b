import { useEffect, useState } from 'preact/hooks'
import { texts } from '../texts/current.ts'

const SHOWN_MS = 2_000

/**
 * @param text the text, or a function that creates a long one on demand
 * @param what name of what is copied, for screen readers
 */
export function CopyButton({ text, what }: { text: string | (() => string); what: string }) {
  const t = texts.value
  const [result, setResult] = useState<'copied' | 'failed' | undefined>()
  useEffect(() => {
    if (result === undefined) return undefined
    const timer = setTimeout(() => setResult(undefined), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [result])
  async function copy(): Promise<void> {
    setResult((await copyText(text)) ? 'copied' : 'failed')
  }
  return (
    <button type="button" class="copy" onClick={() => void copy()} aria-label={`${t.copy}: ${what}`}>
      <span aria-live="polite">{result === undefined ? t.copy : t[result]}</span>
    </button>
  )
}

/** Browsers provide the clipboard API only over HTTPS and on localhost; elsewhere the old command still works. */
async function copyText(source: string | (() => string)): Promise<boolean> {
  let text: string
  try {
    text = typeof source === 'string' ? source : source()
  } catch {
    return false
  }
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      return false
    }
  }
  const area = document.createElement('textarea')
  area.value = text
  // A modal dialog makes everything outside of it inert.
  const place = document.querySelector('dialog[open]') ?? document.body
  place.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  return copied
}
