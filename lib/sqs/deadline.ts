import { TIMEOUT } from '../errors.ts'

export interface DeadlineOptions {
  /** Milliseconds for all of the work. */
  ms: number
  /** Names the work in the error. */
  what: string
  /** Ends the work early. */
  signal?: AbortSignal | undefined
}

/**
 * Runs work that must end: when time is over, its signal aborts and the promise rejects, whether or not the work
 * listens. The code of that rejection is `IEV_TIMEOUT`; an abort from outside rejects with that signal's reason.
 */
export async function withDeadline<T>(
  { ms, what, signal }: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = (reason: unknown) => {
    reject(reason)
    controller.abort(reason)
  }
  const timer = setTimeout(() => {
    const message = `${what} was not finished within ${Math.round(ms) / 1_000} s`
    end(Object.assign(new Error(message), { code: TIMEOUT }))
  }, ms)
  const abort = () => end(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([ended, work(controller.signal)])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
