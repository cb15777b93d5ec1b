import { useEffect, useState } from 'preact/hooks'

/** Milliseconds without typing after which the text is used. */
const REST_MS = 200

export function useDebounced(typed: string): string {
  const [settled, setSettled] = useState(typed)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed), REST_MS)
    return () => clearTimeout(timer)
  }, [typed])
  return settled
}
