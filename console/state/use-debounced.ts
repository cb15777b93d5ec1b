import { useEffect, useState } from 'preact/hooks'

/** What is typed, once nothing was typed for a moment. */
const REST_MS = 200

export function useDebounced(typed: string): string {
  const [settled, setSettled] = useState(typed)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed), REST_MS)
    return () => clearTimeout(timer)
  }, [typed])
  return settled
}
