import { useEffect, useState } from 'preact/hooks'
import { texts } from '../texts/current.ts'

const SHOWN_MS = 2_000

type Source = string | (() => string | Promise<string>)

interface CopyButtonProps {
  /** The text, or a function that creates one on demand. */
  text: Source
  /** Name of what is copied, for screen readers. */
  what?: string
  /** What the button says instead of "Copy". */
  label?: string
}

export function CopyButton({ text, what, label }: CopyButtonProps) {
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
    <button
      type="button"
      class="copy"
      onClick={() => void copy()}
      aria-label={what === undefined ? undefined : `${t.copy}: ${what}`}
    >
      <span aria-live="polite">{result === undefined ? (label ?? t.copy) : t[result]}</span>
    </button>
  )
}

/** Browsers provide the clipboard API only over HTTPS and on localhost; elsewhere the old command still works. */
async function copyText(source: Source): Promise<boolean> {
  let text: string
  try {
    text = typeof source === 'string' ? source : await source()
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
