import { monitorEventLoopDelay } from 'node:perf_hooks'

/** What each of the compared servers does when it is told to. */
export interface BodyServer {
  /** @param folder for what is kept on disk @returns the port */
  listen(options: { folder: string }): Promise<number>
  /** Milliseconds of the longest time since the last call in which nothing else was done. */
  longestBlock(): number
}

/** The key of both servers. */
export const API_KEY = 'global-key-of-the-benchmarks'

const RESOLUTION_MS = 1
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delays.enable()

export function longestBlock(): number {
  const longest = delays.max / 1e6 - RESOLUTION_MS
  delays.reset()
  return Math.max(0, longest)
}
