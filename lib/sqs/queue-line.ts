import { MAX_BATCH_ENTRIES } from './batch.ts'
import type { Holdup } from './holdup.ts'
import type { Lane } from './lane.ts'

/** The lanes of one queue that have something to send, in the order in which they began to wait. */
export interface QueueLine {
  readonly queue: string
  readonly lanes: Lane[]
  /** Calls in a row that failed. While it is not 0, one call at a time tries. */
  attempts: number
  /** What holds it back while its calls fail. */
  holdup: Holdup | undefined
  /** Entries of a call, a fraction among them: halved with each that is refused for good, since it may be too much for a proxy. */
  limit: number
  /** Calls on their way. */
  calls: number
  /** Waiting for a time to try again. */
  retryTimer: NodeJS.Timeout | undefined
  /** It stands among the queues that have something to send. */
  queued: boolean
}

export function newQueueLine(queue: string): QueueLine {
  return {
    queue,
    lanes: [],
    attempts: 0,
    holdup: undefined,
    limit: MAX_BATCH_ENTRIES,
    calls: 0,
    retryTimer: undefined,
    queued: false
  }
}

/** Whether what waits fills a batch. */
export function hasBatch({ lanes, limit }: QueueLine): boolean {
  let waiting = 0
  for (const lane of lanes) {
    waiting += lane.waiting
    if (waiting >= limit) return true
  }
  return false
}
