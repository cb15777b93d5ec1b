import { useEffect, useRef, useState } from 'preact/hooks'
import { status } from './overview.ts'

/**
 * Loads a value whenever a new overview arrives, so that both are of the same time, and when `of` changes. Keeps the last value
 * if it cannot be loaded: the poll of the overview shows why.
 */
export function useFollowing<T>(of: string, load: (signal: AbortSignal) => Promise<T>): T | undefined {
  const [value, setValue] = useState<T | undefined>()
  const loading = useRef<AbortController | undefined>(undefined)
  const shown = useRef(of)
  const at = status.value?.at
  useEffect(() => {
    // A slow answer is awaited, unless it is for something else.
    if (shown.current !== of) loading.current?.abort()
    if (at === undefined || (loading.current && !loading.current.signal.aborted)) return
    shown.current = of
    const controller = new AbortController()
    loading.current = controller
    load(controller.signal)
      .then((loaded) => controller.signal.aborted || setValue(loaded))
      .catch(() => {})
      .finally(() => {
        if (loading.current === controller) loading.current = undefined
      })
  }, [at, of])
  useEffect(() => () => loading.current?.abort(), [])
  return value
}
