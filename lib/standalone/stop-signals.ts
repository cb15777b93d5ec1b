import type { Signals } from 'close-with-grace'

/** Ctrl-C, the end of a service, and a terminal that is closed. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies Signals[]

/** Under npm, one Ctrl-C arrives twice: from the terminal, and passed on by npm. Signals within this time count as one. */
const SAME_SIGNAL_MS = 1_000

/** Calls `stop` at the first signal. Another one, more than a second later, ends the process at once. */
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
