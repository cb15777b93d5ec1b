import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import { TIMEOUT } from '../errors.ts'
import { errorText } from './error-text.ts'
import { foreignFailure, isOfContent, type AwsService } from './foreign-answer.ts'

/** Names that say nothing of what happened. */
const MEANINGLESS = /^(Error|AggregateError|SyntaxError|TypeError|RangeError|TimeoutError|Unknown|UnknownError)$/

/** AWS's codes, the system's and ours are of these characters. */
const CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/

/** The name of an AWS error, or the system's code (`ECONNREFUSED`) of a call without an answer; else `undefined`. */
function knownCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, name, cause } = error as Error & { code?: unknown }
  if (error instanceof CallError) return error.failure.code
  // Errors of ours pass on AWS's as their cause.
  if (String(code).startsWith('IEV_')) return cause === undefined ? String(code) : knownCode(cause)
  if (!MEANINGLESS.test(name) && CODE.test(name)) return name
  return typeof code === 'string' && CODE.test(code) ? code : undefined
}

/** The code of a failure, fit to be shown. */
export function failureCode(error: unknown): string {
  // The SDK calls resets of connections timeouts as well; a real one has no other code.
  return knownCode(error) ?? ((error as Error | undefined)?.name === 'TimeoutError' ? TIMEOUT : 'IEV_INTERNAL')
}

export function failureMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return errorText(message) || failureCode(error)
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

/** AWS refuses the key, its signature or its session, not what is asked for. */
export function isUnauthenticated({ code }: SendFailure): boolean {
  return /^(ExpiredToken|InvalidToken|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|TokenRefreshRequired)/.test(
    code
  )
}

/** AWS asks for less, of this queue or of all. */
export function isThrottled({ code }: Pick<SendFailure, 'code'>): boolean {
  return /Throttl|TooMany|OverLimit|SlowDown|BandwidthLimit|^HTTP 429$/i.test(code)
}

/**
 * What a failure calls for: `transient` passes by itself, `missing-queue` needs the queue made again, `permanent` will
 * not go away by trying.
 */
export type FailureKind = 'transient' | 'missing-queue' | 'permanent'

export interface SendFailure {
  readonly kind: FailureKind
  /** AWS's code, the system's, ours, or `HTTP` and the status of an answer that has none. */
  readonly code: string
  readonly message: string
}

/** An outside call that failed; its name is the code, its message is fit to be shown. */
export class CallError extends Error {
  readonly failure: SendFailure
  /** As the SDK has it. Without one, the SDK writes a hint into messages. */
  readonly $metadata: { httpStatusCode?: number }

  constructor(failure: SendFailure, status?: number) {
    super(failure.message)
    this.name = failure.code
    this.failure = failure
    this.$metadata = status === undefined ? {} : { httpStatusCode: status }
  }

  static from(error: unknown, service: AwsService = 'SQS'): CallError {
    if (error instanceof CallError) return error
    const status = answerStatus(error)
    if (status === undefined) return new CallError(awsFailure(error))
    if (knownCode(error) === undefined) return new CallError(foreignFailure(error, { status, service }), status)
    const failure = awsFailure(error)
    return new CallError(isOfContent(status) ? { ...failure, kind: 'permanent' } : failure, status)
  }
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html#API_SendMessageBatch_Errors
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
const PERMANENT =
  /AccessDenied|NotAuthorized|IEV_SQS_QUEUE_UNUSABLE|Invalid(Message|Parameter|Attribute|Address|BatchEntry|Query|Security)|MissingParameter|UnsupportedOperation|Kms(AccessDenied|Disabled|InvalidKeyUsage|InvalidState|NotFound|OptInRequired)|TooLong|TooLarge|NoSuchBucket|ValidationE|SerializationException/

/** What to do about a call that failed. Wrong or expired credentials are nobody's event's fault: they are waited out. */
export function callFailure(error: unknown): SendFailure {
  return error instanceof CallError ? error.failure : awsFailure(error)
}

function awsFailure(error: unknown): SendFailure {
  const code = failureCode(error)
  const kind = isQueueMissing(error) ? 'missing-queue' : PERMANENT.test(code) ? 'permanent' : 'transient'
  return { kind, code, message: failureMessage(error) }
}

/** What to do about an entry of a batch that SQS did not take. */
export function entryFailure({ Code = 'Unanswered', Message = Code, SenderFault }: BatchResultErrorEntry): SendFailure {
  const throttled = /Throttl|TooMany|Internal|Unavailable/i.test(Code)
  const kind = SenderFault === true && !throttled ? 'permanent' : 'transient'
  return { kind, code: CODE.test(Code) ? Code : 'Unanswered', message: errorText(Message) }
}
