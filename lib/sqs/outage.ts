import { type CallError, isThrottled, type SendFailure } from './failures.ts'

/** An outage is reported for so long after the last call that failed. */
const REMEMBERED_MS = 60_000

/**
 * Tells whether SQS as a whole fails, and not one queue or message: no answer, an answer that is not SQS's, a server error,
 * or refused credentials. The first call that SQS answers otherwise ends the outage.
 */
export class Outage {
  #latest: { failure: SendFailure; at: number } | undefined

  /** The latest failure, if it is less than a minute old and SQS has answered no call since. */
  get failure(): SendFailure | undefined {
    if (this.#latest && performance.now() - this.#latest.at > REMEMBERED_MS) this.#latest = undefined
    return this.#latest?.failure
  }

  /** Counts a call that SQS answered. */
  answered(): void {
    this.#latest = undefined
  }

  /** Counts a call that failed. */
  failed({ failure, $metadata: { httpStatusCode } }: CallError): void {
    // About one queue: it is missing, was just deleted, is denied or throttled, or its encryption key fails.
    const ofQueue = failure.kind !== 'transient' || isThrottled(failure) || /^Kms|^QueueDeleted/.test(failure.code)
    // An answer without a code of AWS tells nothing about AWS.
    const foreign = failure.code.startsWith('HTTP ')
    if (!ofQueue) this.#latest = { failure, at: performance.now() }
    else if (!foreign && httpStatusCode !== undefined) this.answered()
  }
}
