import { STATUS_CODES } from 'node:http'
import { type Static, Type } from '@sinclair/typebox'
import * as errors from '../errors.ts'

/** One error of each status, as routes answer with it. */
const EXAMPLES: errors.InstanceEventsError[] = [
  new errors.ValidationError('body.enabled must be boolean'),
  new errors.UnauthorizedError('The key does not open this'),
  new errors.InstanceExistsError('sales'),
  new errors.InstanceNotFoundError('sales'),
  new errors.TransportDisabledError('sqs'),
  new errors.BodyTooLargeError(10_485_760),
  new errors.MediaTypeError('text/plain'),
  new errors.InternalError(),
  new errors.QueueUnavailableError('sales_call.fifo', 'AccessDenied', 'Access to the resource is denied'),
  new errors.BackpressureError('1000000 deliveries to SQS are pending, the limit is 1000000')
]

/** Headers that an answer of a status has besides. */
const HEADERS: Record<number, object> = {
  401: { 'www-authenticate': { type: 'string', description: 'Bearer' } },
  503: { 'retry-after': { type: 'integer', description: 'Seconds after which to try again.' } }
}

/** The codes that an answer of a status may have. Other errors of status 500 stop a start, and are no answers. */
export function codesOf(status: number): string[] {
  if (status === 500) return [new errors.InternalError().code]
  return Object.entries(errors).flatMap(([name, value]) => {
    if (!name.endsWith('Error')) return []
    // Those of this name are constructors; what their messages take is of no concern here.
    const { code, statusCode } = new (value as unknown as new () => errors.InstanceEventsError)()
    return statusCode === status ? [code] : []
  })
}

/** Evolution API's error shape, plus `code`. */
function errorReply(status: number) {
  const codes = codesOf(status)
  return Type.Object(
    {
      status: Type.Integer(),
      error: Type.String(),
      code: Type.String({ enum: codes, description: 'Stable; the message is for people.' }),
      response: Type.Object({ message: Type.Array(Type.String(), { description: 'One for each fault.' }) })
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

/** The error replies of a route, by status. A fault of ours (500) may come of every route. */
export function errorReplies<const S extends readonly number[]>(
  ...statuses: S
): Record<S[number] | 500, ErrorReplySchema> {
  return Object.fromEntries([...statuses, 500].map((status) => [status, errorReply(status)])) as Record<
    S[number] | 500,
    ErrorReplySchema
  >
}
