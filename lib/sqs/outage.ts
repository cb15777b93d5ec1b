import { type CallError, isThrottled, type SendFailure } from './failures.ts'
import type { Holdup } from './holdup.ts'

/** An outage is reported for so long after the last call that failed. */
const REMEMBERED_MS = 60_000

/**
 * Tells whether SQS as a whole fails, and not one queue or message: no answer, an answer that is not SQS's, a server error,
 * or refused credentials. The first call that SQS answers otherwise ends the outage.
 */
export class Outage {
  #latest: { failure: SendFailure; at: number; since: number } | undefined
  #answers = 0

  /** Number of calls that SQS has answered. */
  get answers(): number {
    return this.#answers
  }

  /** The latest failure, if it is less than a minute old and SQS has answered no call since. */
  get failure(): SendFailure | undefined {
    if (this.#latest && performance.now() - this.#latest.at > REMEMBERED_MS) this.#latest = undefined
    return this.#latest?.failure
  }

  /** The reason why a queue is held back: the outage, unless it has one of its own. @param own its last failure, if it failed */
  holdupOf(own: Holdup | undefined): Holdup | undefined {
    const { failure } = this
    if (!failure || !this.#latest || (own && isOfQueue(own.failure))) return own
    return { failure, since: this.#latest.since }
  }

  /** Counts a call that SQS answered. */
  answered(): void {
    this.#answers++
    this.#latest = undefined
  }

  /** Counts a call that failed. Returns whether SQS as a whole has failed, as far as this call tells. */
  failed({ failure, $metadata: { httpStatusCode } }: CallError): boolean {
    const ofQueue = isOfQueue(failure)
    // An answer without a code of AWS tells nothing about AWS.
    const foreign = failure.code.startsWith('HTTP ')
    if (!ofQueue) this.#note(httpStatusCode === undefined ? unreachable(failure) : failure)
    else if (!foreign && httpStatusCode !== undefined) this.answered()
    return !ofQueue
  }

  /** Counts a probe that failed, during an outage. */
  persists({ code, message }: Pick<SendFailure, 'code' | 'message'>): void {
    this.#note(unreachable({ kind: 'transient', code, message }))
  }

  #note(failure: SendFailure): void {
    const at = performance.now()
    this.#latest = { failure, at, since: (this.failure && this.#latest?.since) ?? at }
  }
}

/** True for a failure of one queue: it is missing, was just deleted, is denied or throttled, or its encryption key fails. */
function isOfQueue(failure: SendFailure): boolean {
  return failure.kind !== 'transient' || isThrottled(failure) || /^Kms|^QueueDeleted/.test(failure.code)
}

function unreachable(failure: SendFailure): SendFailure {
  return { ...failure, message: `SQS is unreachable: ${failure.message}` }
}
