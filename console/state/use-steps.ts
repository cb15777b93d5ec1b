import { useEffect, useRef, useState } from 'preact/hooks'
import type { ApiError } from '../api/call.ts'
import { toApiError } from './use-loaded.ts'

/** Makes the steps of some work, each of which yields the progress so far. Aborting `signal` ends them by a rejection. */
export type MakeSteps<Progress> = (signal: AbortSignal) => AsyncIterable<Progress>

export interface StepsOptions<Progress> {
  /** Work that begins at once. */
  begin?: MakeSteps<Progress>
  /** Called with the last progress when the work has ended in any way, unless the component is gone. */
  onEnd?: (last: Progress | undefined) => void
}

export interface Steps<Progress> {
  state: 'idle' | 'working' | 'finished' | 'stopped'
  done: Progress | undefined
  /** The error that stopped the work; `undefined` if `stop` did. */
  error: ApiError | undefined
  /** @param from progress of work that is continued */
  run: (make: MakeSteps<Progress>, from?: Progress) => void
  stop: () => void
}

/** Does work in steps, with its progress. The work ends with the component. */
export function useSteps<Progress>({ begin, onEnd }: StepsOptions<Progress> = {}): Steps<Progress> {
  const [state, setState] = useState<Steps<Progress>['state']>(begin ? 'working' : 'idle')
  const [done, setDone] = useState<Progress | undefined>()
  const [error, setError] = useState<ApiError | undefined>()
  const work = useRef<AbortController>(undefined)
  const isGone = useRef(false)
  const stop = () => work.current?.abort()

  async function run(make: MakeSteps<Progress>, from?: Progress): Promise<void> {
    const { signal } = (work.current = new AbortController())
    setState('working')
    setDone(from)
    setError(undefined)
    let last = from
    let end: 'finished' | 'stopped' = 'finished'
    try {
      for await (last of make(signal)) setDone(last)
    } catch (error) {
      end = 'stopped'
      if (!signal.aborted) setError(toApiError(error))
    }
    if (isGone.current) return
    setState(end)
    onEnd?.(last)
  }

  useEffect(() => {
    if (begin) void run(begin)
    return () => {
      isGone.current = true
      stop()
    }
    // Other work needs another `key` of the component.
  }, [])

  return { state, done, error, run: (make, from) => void run(make, from), stop }
}
