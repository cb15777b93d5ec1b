import { useCallback, useEffect, useState } from 'preact/hooks'
import { ApiError } from '../api/call.ts'

export interface Loaded<T> {
  /** The value that was loaded last, also during a reload. */
  value: T | undefined
  error: ApiError | undefined
  loading: boolean
  reload: () => void
}

/** Loads a value, and loads it again when `of` changes or `reload` is called. Results for an earlier `of` are dropped. */
export function useLoaded<T>(of: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ of: string; value?: T; error?: ApiError; loading: boolean }>({
    of,
    loading: true
  })
  const [round, setRound] = useState(0)
  useEffect(() => {
    const controller = new AbortController()
    setState((before) => (before.of === of ? { ...before, loading: true } : { of, loading: true }))
    load(controller.signal).then(
      (value) => controller.signal.aborted || setState({ of, value, loading: false }),
      (error: unknown) =>
        controller.signal.aborted || setState((before) => ({ ...before, error: toApiError(error), loading: false }))
    )
    return () => controller.abort()
    // `load` is a new function at each rendering; `of` identifies what it loads.
  }, [of, round])
  const reload = useCallback(() => setRound((before) => before + 1), [])
  const current = state.of === of
  return {
    value: current ? state.value : undefined,
    error: current ? state.error : undefined,
    loading: !current || state.loading,
    reload
  }
}

/** An error of the console itself as an `ApiError`. */
export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, 'CONSOLE', [String(error)])
}
