import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'

/** The name of an AWS error, or the system's code (`ECONNREFUSED`) of a call that never got an answer. */
export function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown'
  const { code, name, cause } = error as Error & { code?: unknown }
  // Errors of ours pass on AWS's as their cause.
  if (String(code).startsWith('IEV_')) return cause === undefined ? String(code) : failureCode(cause)
  if (name !== 'Error' && name !== 'AggregateError') return name
  return typeof code === 'string' ? code : name
}

export function failureMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message || failureCode(error)
}

/** The HTTP status of AWS's answer; `undefined` when there was none. */
export function answerStatus(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
}

/** Protocol variants spell it in several ways. */
export function isQueueMissing(error: unknown): boolean {
  return /QueueDoesNotExist|NonExistentQueue/.test(failureCode(error))
}

export function isAccessDenied(error: unknown): boolean {
  return /AccessDenied/.test(failureCode(error))
}

export function isQueueExisting(error: unknown): boolean {
  return /QueueNameExists|QueueAlreadyExists/.test(failureCode(error))
}

/**
 * What a failure calls for: `transient` passes by itself, `missing-queue` needs the queue made again, `permanent` will
 * not go away by trying.
 */
export type FailureKind = 'transient' | 'missing-queue' | 'permanent'

export interface SendFailure {
  readonly kind: FailureKind
  /** AWS's code, or the system's. */
  readonly code: string
  readonly message: string
}

/** What holds something back, and for how long already. */
export interface Trouble {
  readonly failure: SendFailure
  /** Milliseconds since the epoch: the first failure of those in a row. */
  readonly since: number
}

/** The trouble after one more failure; none after a success. */
export function troubleAfter(failure: SendFailure | undefined, before: Trouble | undefined): Trouble | undefined {
  return failure && { failure, since: before?.since ?? Date.now() }
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html#API_SendMessageBatch_Errors
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
const PERMANENT =
  /AccessDenied|NotAuthorized|IEV_SQS_QUEUE_UNUSABLE|Invalid(Message|Parameter|Attribute|Address|BatchEntry|Query|Security)|MissingParameter|UnsupportedOperation|Kms(AccessDenied|Disabled|InvalidKeyUsage|InvalidState|NotFound|OptInRequired)|TooLong|TooLarge|NoSuchBucket/

/** What to do about a call that failed. Wrong or expired credentials are nobody's event's fault: they are waited out. */
export function callFailure(error: unknown): SendFailure {
  const code = failureCode(error)
  const kind = isQueueMissing(error) ? 'missing-queue' : PERMANENT.test(code) ? 'permanent' : 'transient'
  return { kind, code, message: failureMessage(error) }
}

/** What to do about an entry of a batch that SQS did not take. */
export function entryFailure({ Code = 'Unknown', Message = Code, SenderFault }: BatchResultErrorEntry): SendFailure {
  const throttled = /Throttl|TooMany|Internal|Unavailable/i.test(Code)
  return { kind: SenderFault === true && !throttled ? 'permanent' : 'transient', code: Code, message: Message }
}
