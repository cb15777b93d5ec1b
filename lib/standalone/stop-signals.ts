import type { Signals } from 'close-with-grace'

export const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const satisfies Signals[]

/**
 * npm passes on what the terminal or systemd sent to the whole group already: a signal that follows within this time is
 * the same one.
 */
const SAME_SIGNAL_MS = 1_000

/** Calls `stop` at the first signal; a later one, a second after it, ends the process at once. */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): void {
  let since: number | undefined
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (since === undefined) {
        since = performance.now()
        stop(signal)
      } else if (performance.now() - since > SAME_SIGNAL_MS) process.exit(1)
    })
  }
}
