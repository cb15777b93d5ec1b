import { type CallError, isThrottled, type SendFailure } from './failures.ts'

/** After so long without a try there is nothing left to say about it. */
const REMEMBERED_MS = 60_000

/**
 * Whether SQS as a whole fails for those who send, as opposed to one queue or message: no answer, somebody else's
 * answer, a server error, or a key that is refused. It is over with the first call that SQS answers otherwise.
 */
export class Outage {
  #latest: { failure: SendFailure; at: number } | undefined

  /** The failure of the last minute that nothing but failures has followed. */
  get failure(): SendFailure | undefined {
    if (this.#latest && performance.now() - this.#latest.at > REMEMBERED_MS) this.#latest = undefined
    return this.#latest?.failure
  }

  answered(): void {
    this.#latest = undefined
  }

  failed({ failure, $metadata: { httpStatusCode } }: CallError): void {
    // Of one queue: it is missing, deleted a moment ago, denied, throttled, or its encryption key fails.
    const ofQueue = failure.kind !== 'transient' || isThrottled(failure) || /^Kms|^QueueDeleted/.test(failure.code)
    // An answer that is not AWS's tells nothing of AWS.
    const foreign = failure.code.startsWith('HTTP ')
    if (!ofQueue) this.#latest = { failure, at: performance.now() }
    else if (!foreign && httpStatusCode !== undefined) this.answered()
  }
}
