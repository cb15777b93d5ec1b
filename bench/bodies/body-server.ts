import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface BodyServerOptions {
  /** For what is kept on disk. */
  folder: string
  /** Of an emulator of SQS and S3. Absent: events are only logged. */
  aws?: string
}

/** Methods that each of the compared servers has. */
export interface BodyServer {
  /** @returns the port */
  listen(options: BodyServerOptions): Promise<number>
  /** Returns the milliseconds for which the event loop was blocked at most since the last call. */
  longestBlock(): number
  /** Returns the most bytes of memory that the process has had so far. */
  peakRss(): number
}

/** The key of both servers. */
export const API_KEY = 'global-key-of-the-benchmarks'
/** The bucket of messages that are too large for SQS. */
export const BUCKET = 'large-events'

const RESOLUTION_MS = 1
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delays.enable()

export function longestBlock(): number {
  const longest = delays.max / 1e6 - RESOLUTION_MS
  delays.reset()
  return Math.max(0, longest)
}

export function peakRss(): number {
  return process.resourceUsage().maxRSS * 1_024
}
