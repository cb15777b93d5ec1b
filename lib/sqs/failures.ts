import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import { TIMEOUT } from '../errors.ts'
import { errorText } from './error-text.ts'
import { foreignFailure, isOfContent, type AwsService } from './foreign-answer.ts'

/** Names of errors that do not tell the cause. */
const MEANINGLESS = /^(Error|AggregateError|SyntaxError|TypeError|RangeError|TimeoutError|Unknown|UnknownError)$/

/** The characters of codes of AWS, of the system and of this package. */
const CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/

/** The name of an AWS error, or the system's code (`ECONNREFUSED`) of a call without an answer; else `undefined`. */
function knownCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, name, cause } = error as Error & { code?: unknown }
  if (error instanceof CallError) return error.failure.code
  // Errors of this package have AWS's as their cause.
  if (String(code).startsWith('IEV_')) return cause === undefined ? String(code) : knownCode(cause)
  if (!MEANINGLESS.test(name) && CODE.test(name)) return name
  return typeof code === 'string' && CODE.test(code) ? code : undefined
}

/** The code of a failure: AWS's, the system's, or one of this package. */
export function failureCode(error: unknown): string {
  // The SDK also names connections that were reset `TimeoutError`; those have a code of the system.
  return knownCode(error) ?? ((error as Error | undefined)?.name === 'TimeoutError' ? TIMEOUT : 'IEV_INTERNAL')
}

/** Messages of the AWS SDK about settings that are missing, and what to set. */
const MISSING_SETTINGS = new Map([
  ['Region is missing', 'set the option region, or AWS_REGION'],
  [
    'Could not load credentials from any providers',
    'set the option credentials, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role'
  ]
])

/** The message of a failure, as it may be shown. Names the settings to set, if the SDK misses one. */
export function failureMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const remedy = MISSING_SETTINGS.get(message)
  return remedy === undefined ? errorText(message) || failureCode(error) : `${message}: ${remedy}`
}

/** The HTTP status of AWS's answer; `undefined` if there was none. */
export function answerStatus(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
}

/** True if the queue does not exist. The protocols of SQS have several codes for it. */
export function isQueueMissing(error: unknown): boolean {
  return /QueueDoesNotExist|NonExistentQueue/.test(failureCode(error))
}

/** True if a queue cannot be created because one of this name exists with other attributes. */
export function isNameTaken(error: unknown): boolean {
  return /QueueNameExists|QueueAlreadyExists/.test(failureCode(error))
}

/** True if the credentials do not allow the call. */
export function isAccessDenied(error: unknown): boolean {
  return /AccessDenied/.test(failureCode(error))
}

/** True if AWS refuses the credentials or the signature themselves. */
export function isUnauthenticated({ code }: SendFailure): boolean {
  return /^(ExpiredToken|InvalidToken|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|TokenRefreshRequired)/.test(
    code
  )
}

/** True if AWS asks for fewer calls, to one queue or in general. */
export function isThrottled({ code }: Pick<SendFailure, 'code'>): boolean {
  return /Throttl|TooMany|OverLimit|SlowDown|BandwidthLimit|^HTTP 429$/i.test(code)
}

/**
 * - `transient`: may succeed when it is retried
 * - `missing-queue`: the queue must be created again
 * - `permanent`: fails again when it is retried
 */
export type FailureKind = 'transient' | 'missing-queue' | 'permanent'

export interface SendFailure {
  readonly kind: FailureKind
  /** AWS's code, the system's, one of this package, or `HTTP` and the status of an answer without a code. */
  readonly code: string
  readonly message: string
}

/** A call to AWS that failed. Its name is the code of the failure. */
export class CallError extends Error {
  readonly failure: SendFailure
  /** As in errors of the SDK, which adds a hint to the message of an error without it. */
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

/** The failure of a call. Refused credentials are transient: no event is the cause. */
export function callFailure(error: unknown): SendFailure {
  return error instanceof CallError ? error.failure : awsFailure(error)
}

function awsFailure(error: unknown): SendFailure {
  const code = failureCode(error)
  const kind = isQueueMissing(error) ? 'missing-queue' : PERMANENT.test(code) ? 'permanent' : 'transient'
  return { kind, code, message: withRemedy(failureMessage(error)) }
}

/** The failure of an entry of a batch that SQS refused. */
export function entryFailure({ Code = 'Unanswered', Message = Code, SenderFault }: BatchResultErrorEntry): SendFailure {
  const throttled = /Throttl|TooMany|Internal|Unavailable/i.test(Code)
  const kind = SenderFault === true && !throttled ? 'permanent' : 'transient'
  return { kind, code: CODE.test(Code) ? Code : 'Unanswered', message: withRemedy(errorText(Message)) }
}

/** Adds the option to change, if a service refuses message groups on standard queues. */
function withRemedy(message: string): string {
  if (!/MessageGroupId .*not valid for this queue type/s.test(message)) return message
  return `${message.replace(/\.?$/, '.')} This service has no fair queues: switch fairQueues off`
}
