import { setImmediate } from 'node:timers/promises'

/** Milliseconds of work after which other work gets its turn. */
const SLICE_MS = 5

/** Returns a function that yields to the event loop if the last yield was long enough ago. */
export function turnTaker(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < SLICE_MS) return
    await setImmediate()
    since = performance.now()
  }
}
