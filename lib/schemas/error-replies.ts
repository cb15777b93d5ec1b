import { STATUS_CODES } from 'node:http'
import { type Static, Type } from '@sinclair/typebox'
import type { MessageParams } from '../error-class.ts'
import * as errors from '../errors.ts'
import { Nullable } from './nullable.ts'

/** One example of each status. */
const EXAMPLES: errors.InstanceEventsError[] = [
  new errors.ValidationError('body.enabled must be boolean'),
  new errors.UnauthorizedError('The key does not authorize this request'),
  new errors.InstanceExistsError('sales'),
  new errors.InstanceNotFoundError('sales'),
  new errors.TransportDisabledError('sqs'),
  new errors.BodyTooLargeError(10_485_760, ': send fewer events at a time, or media by link'),
  new errors.MediaTypeError('text/plain'),
  new errors.TooManyRequestsError(
    'Too many wrong keys came from this address, so even a correct key is refused for now: check the key, then try again later'
  ),
  new errors.InternalError(),
  new errors.QueueUnavailableError('sales_call.fifo', 'AccessDenied', 'Access to the resource is denied'),
  new errors.BackpressureError('1000000 deliveries to SQS are pending, the limit is 1000000')
]

/** Additional headers of the replies with a status. */
const HEADERS: Record<number, object> = {
  401: { 'www-authenticate': { type: 'string', description: 'Bearer' } },
  429: { 'retry-after': { type: 'integer', description: 'Seconds after which to try again.' } },
  503: { 'retry-after': { type: 'integer', description: 'Seconds after which to try again.' } }
}

/** The codes of replies with this status. The other errors with status 500 end a start-up and are never sent. */
export function codesOf(status: number): string[] {
  if (status === 500) return [new errors.InternalError().code]
  return Object.entries(errors).flatMap(([name, value]) => {
    if (!name.endsWith('Error')) return []
    // Exports with this name are constructors. The values of their messages do not matter here.
    const { code, statusCode } = new (value as unknown as new () => errors.InstanceEventsError)()
    return statusCode === status ? [code] : []
  })
}

/** What messages say, for programs that write them in another language. */
export function paramsOf(description: string) {
  const params = Type.Object({
    code: Type.String(),
    field: Type.Optional(Type.String()),
    values: Type.Array(Type.Union([Type.String(), Type.Number()]))
  })
  // The arrays of errors are readonly.
  return Type.Unsafe<readonly (MessageParams | null)[]>(Type.Array(Nullable(params), { description }))
}

/** Evolution API's error shape, plus `code`. */
function errorReply(status: number) {
  const codes = codesOf(status)
  return Type.Object(
    {
      status: Type.Integer(),
      error: Type.String(),
      code: Type.String({ enum: codes, description: 'Stable; the messages may change.' }),
      response: Type.Object({ message: Type.Array(Type.String(), { description: 'One line for each fault.' }) }),
      params: Type.Optional(
        paramsOf(
          'The parts of each message, for programs that translate it: a keyword of JSON Schema or a code, the field of the request, and the other values in the message.'
        )
      )
    },
    {
      description: `${STATUS_CODES[status]}: ${codes.join(', ')}`,
      ...(HEADERS[status] && { headers: HEADERS[status] }),
      examples: EXAMPLES.filter(({ statusCode }) => statusCode === status).map(({ code, message }) => ({
        status,
        error: STATUS_CODES[status],
        code,
        response: { message: [message] }
      }))
    }
  )
}

type ErrorReplySchema = ReturnType<typeof errorReply>
export type ErrorReply = Static<ErrorReplySchema>

/** The schemas of a route's error replies, by status. Every route checks keys, so it may reply 429, and 500. */
export function errorReplies<const S extends readonly number[]>(
  ...statuses: S
): Record<S[number] | 429 | 500, ErrorReplySchema> {
  const all = [...statuses, 429, 500]
  return Object.fromEntries(all.map((status) => [status, errorReply(status)])) as Record<
    S[number] | 429 | 500,
    ErrorReplySchema
  >
}
