import { TIMEOUT } from '../errors.ts'

export interface DeadlineOptions {
  /** Milliseconds for the whole work. */
  ms: number
  /** The name of the work, for the error. */
  what: string
  /** Ends the work early. */
  signal?: AbortSignal | undefined
}

/**
 * Runs work with a deadline. At the deadline its signal aborts and the promise rejects with code `IEV_TIMEOUT`, even if
 * the work goes on. When `signal` aborts, the promise rejects with its reason.
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
