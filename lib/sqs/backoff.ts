import type { SendFailure } from './failures.ts'
import { isForeignRefusal } from './foreign-answer.ts'

export interface BackoffOptions {
  baseMs: number
  maxMs: number
}

/**
 * Exponential backoff with full jitter: a wait of 0 to `baseMs * 2 ** attempt`, at most `maxMs`.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(attempt: number, { baseMs, maxMs }: BackoffOptions): number {
  return Math.random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30))
}

// An outage costs one try per queue and second; the first try after it comes within one.
const PASSING = { baseMs: 100, maxMs: 1_000 }
// Being denied is a matter of minutes: someone has to grant the right.
const DENIED = { baseMs: 1_000, maxMs: 60_000 }
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html */
const DELETED_QUEUE_MS = 60_000

/**
 * How long to wait before trying again.
 * @param attempt how many failed before this one
 * @param failure of a whole call; absent: of something smaller
 */
export function retryDelayMs(attempt: number, failure?: SendFailure): number {
  if (failure?.code === 'QueueDeletedRecently') return DELETED_QUEUE_MS
  const denied = failure?.kind === 'permanent' && !isForeignRefusal(failure)
  return backoffMs(attempt, denied ? DENIED : PASSING)
}
