import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import { BodyTooLargeError, InternalError, MediaTypeError, ValidationError } from '../lib/errors.ts'
import type { InstanceEventsError } from '../lib/error-class.ts'
import { urlWithoutKeys } from '../lib/text/url-without-keys.ts'

/** Whatever a hook or a handler throws: plugins throw plain objects, too. */
export type ThrownError = Partial<FastifyError & Pick<InstanceEventsError, 'messages'>> & {
  status?: number
  headers?: Record<string, string | number>
}

export interface ErrorAnswer {
  statusCode: number
  code: string
  /** One for each fault. */
  messages: string[]
  headers: Record<string, string | number>
}

/**
 * What an error is answered with. Our own errors, and those of Fastify's under our names; errors of a host's hooks keep
 * their status, code, message and headers; anything else is a 500 without details.
 */
export function toAnswer(error: ThrownError, request: FastifyRequest, reply: FastifyReply): ErrorAnswer {
  const ours = toOurError(error, request)
  if (ours) return fromOurs(ours)
  const { code, message } = error
  // @fastify/under-pressure sets the status on the reply, where the error has none.
  const statusCode = [error.statusCode, error.status, reply.statusCode].find(isErrorStatus) ?? 500
  if (statusCode === 500) return fromOurs(new InternalError())
  if (isFastifys(code) && statusCode < 500)
    return fromOurs(Object.assign(new ValidationError(urlWithoutKeys(String(message))), { statusCode }))
  return {
    statusCode,
    code: typeof code === 'string' && code !== '' ? code : `HTTP_${statusCode}`,
    messages: [message || (STATUS_CODES[statusCode] as string)],
    headers: error.headers ?? {}
  }
}

function toOurError(error: ThrownError, { headers, routeOptions }: FastifyRequest): ThrownError | undefined {
  const { code } = error
  if (typeof code === 'string' && code.startsWith('IEV_')) return error
  // Fastify fills in the limit of every route.
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new BodyTooLargeError(routeOptions.bodyLimit as number)
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new MediaTypeError(headers['content-type'] ?? 'none')
  return undefined
}

function fromOurs({ statusCode = 500, code = '', message = '', messages = [message] }: ThrownError): ErrorAnswer {
  return { statusCode, code, messages, headers: {} }
}

function isErrorStatus(status: number | undefined): status is number {
  return typeof status === 'number' && status >= 400 && status <= 599
}

function isFastifys(code: unknown): boolean {
  return typeof code === 'string' && code.startsWith('FST_ERR_')
}
