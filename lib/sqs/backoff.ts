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
