import type { FilterFaultCode } from '../../../lib/filters/faults.ts'
import type { MessageCode } from '../../../lib/message-code.ts'

/** Keywords of the JSON Schemas of requests. */
type Keyword =
  | 'required'
  | 'additionalProperties'
  | 'type'
  | 'const'
  | 'enum'
  | 'anyOf'
  | 'minLength'
  | 'maxLength'
  | 'pattern'
  | 'format'
  | 'minimum'
  | 'maximum'
  | 'minItems'
  | 'maxItems'
  | 'minProperties'
  | 'maxProperties'
  | 'uniqueItems'

/** Errors whose message names something. Those that are missing have a `MessageCode` for each of their causes. */
type ErrorCode =
  | 'IEV_BODY_TOO_LARGE'
  | 'IEV_DEAD_LETTER_NOT_FOUND'
  | 'IEV_EVENT_NOT_FOUND'
  | 'IEV_INSTANCE_EXISTS'
  | 'IEV_INSTANCE_NOT_FOUND'
  | 'IEV_NOT_FOUND'
  | 'IEV_OPERATOR_INSTANCE'
  | 'IEV_SQS_QUEUE_UNAVAILABLE'
  | 'IEV_SQS_QUEUE_UNUSABLE'
  | 'IEV_STORE_DAMAGED'
  | 'IEV_TOO_MANY_INSTANCES'
  | 'IEV_TRANSPORT_DISABLED'
  | 'IEV_UNSUPPORTED_CONTENT_ENCODING'
  | 'IEV_UNSUPPORTED_MEDIA_TYPE'

/** What the messages of errors say, by the code of their params, in a language other than the server's. */
export type FaultTexts = Record<
  Keyword | FilterFaultCode | MessageCode | ErrorCode,
  (field: string, ...values: string[]) => string
>
