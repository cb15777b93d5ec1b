import { type EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

/** Milliseconds that a test waits for a state: more than a slow machine needs, less than tap gives to a file. */
export const PATIENCE_MS = process.env.CHAOS === 'long' ? 600_000 : 60_000

/**
 * Waits until `isSo` returns true, for states without events, such as those of other processes.
 * @throws {Error} it does not in time
 */
export async function until(isSo: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const asked = performance.now()
    if (await isSo()) return
    const now = performance.now()
    if (now > deadline) throw waitedInVain(isSo, patienceMs)
    // A state that is costly to look at is looked at less often.
    await pause(Math.min(Math.max(5, 4 * (now - asked)), 50))
  }
}

/**
 * Resolves with the result of `promise`.
 * @param what names it in the error
 * @throws {Error} it does not come within `PATIENCE_MS`
 */
export function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(waitedInVain(what, PATIENCE_MS)), PATIENCE_MS)
  // A test may end without waiting for it.
  timer.unref()
  const first = Promise.race([promise, late]).finally(() => clearTimeout(timer))
  first.catch(() => {})
  return first
}

/** The arguments of the next event of this name. @throws {Error} it does not come within `PATIENCE_MS` */
export function soonOnce(emitter: EventEmitter, event: string): Promise<unknown[]> {
  return soon(once(emitter, event), event)
}

/** Resolves when it is closed, with or without an error. @throws {Error} it is not within `PATIENCE_MS` */
export function soonClosed(emitter: EventEmitter): Promise<void> {
  return soon(new Promise<void>((resolve) => emitter.once('close', resolve)), 'close')
}

/** Returns the error of a wait that ends at its deadline. */
export function waitedInVain(what: unknown, patienceMs: number): Error {
  return new Error(`Not so within ${patienceMs / 1_000} s: ${String(what)}`)
}
