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

// An outage costs about one try per queue and second, and is over for a queue within a second.
const PASSING = { baseMs: 100, maxMs: 1_000 }
// A person has to grant the access, which takes minutes.
const DENIED = { baseMs: 1_000, maxMs: 60_000 }
/**
 * SQS creates no queue of a name for a minute after one was deleted.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
 */
const DELETED_QUEUE_MS = 60_000

/**
 * Milliseconds until the next try.
 * @param attempt number of failures before this one
 * @param failure failure of a whole call or of an upload; absent for single entries, and for the store
 */
export function retryDelayMs(attempt: number, failure?: SendFailure): number {
  if (failure?.code === 'QueueDeletedRecently') return DELETED_QUEUE_MS
  const denied = failure?.kind === 'permanent' && !isForeignRefusal(failure)
  return backoffMs(attempt, denied ? DENIED : PASSING)
}
