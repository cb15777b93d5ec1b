import type { InstanceEventsError } from '../error-class.ts'
import { printableLines } from '../text/printable.ts'

export interface FailedStartOptions {
  /** Whether a signal has asked the server to stop: a start that is stopped cannot complete, which is no failure. */
  stopping: boolean
  process: Pick<NodeJS.Process, 'exit' | 'stderr'>
}

/** Prints why the server was not started, and ends the process with 1. */
export function reportFailedStart(
  error: Error & Partial<InstanceEventsError>,
  { stopping, process }: FailedStartOptions
): void {
  if (stopping) return
  // Errors of this package explain themselves. For all others, the stack is printed.
  const lines = error.code?.startsWith('IEV_') ? (error.messages ?? [error.message]) : [String(error.stack)]
  const text = ['The server was not started:', ...lines.map((line) => `  ${printableLines(line)}`)].join('\n')
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
