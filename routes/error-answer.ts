import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import {
  BodyTooLargeError,
  ContentEncodingError,
  InternalError,
  MediaTypeError,
  ValidationError
} from '../lib/errors.ts'
import type { InstanceEventsError, MessageParams } from '../lib/error-class.ts'
import { type MessageCode, saying } from '../lib/message-code.ts'
import { excerpt } from '../lib/text/excerpt.ts'
import { urlWithoutKeys } from '../lib/text/url-without-keys.ts'

/** A value that a hook or a handler throws. Plugins throw plain objects, too. */
export type ThrownError = Partial<FastifyError & Pick<InstanceEventsError, 'messages' | 'params' | 'retryAfterMs'>> & {
  status?: number
  headers?: Record<string, string | number>
}

export interface ErrorAnswer {
  statusCode: number
  code: string
  /** One message for each fault. */
  messages: string[]
  /** What each message says, at the same place. Empty if only the messages tell. */
  params: readonly (MessageParams | null)[]
  headers: Record<string, string | number>
}

/** What errors of Fastify say that a request can cause and that are not replaced below. */
const FASTIFYS: Readonly<Record<string, MessageCode>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'lengthDiffers',
  FST_ERR_MAX_PARAM_LENGTH: 'pathTooLong'
}

/**
 * Returns the reply to an error. Errors of Fastify get codes of this package; errors of a host's hooks keep their status,
 * code, message and headers; any other error is a 500 without details.
 */
export function toAnswer(error: ThrownError, request: FastifyRequest, reply: FastifyReply): ErrorAnswer {
  const ours = toOurError(error, request)
  if (ours) return fromOurs(ours)
  const { code, message } = error
  // @fastify/under-pressure sets the status on the reply instead of the error.
  const statusCode = [error.statusCode, error.status, reply.statusCode].find(isErrorStatus) ?? 500
  if (statusCode === 500) return fromOurs(new InternalError())
  if (isFastifys(code) && statusCode < 500) {
    const invalid = Object.assign(new ValidationError(urlWithoutKeys(String(message))), { statusCode })
    const said = FASTIFYS[code]
    return fromOurs(said ? saying(invalid, { code: said, values: [] }) : invalid)
  }
  return {
    statusCode,
    code: typeof code === 'string' && code !== '' ? code : `HTTP_${statusCode}`,
    messages: [message || (STATUS_CODES[statusCode] as string)],
    params: [],
    headers: error.headers ?? {}
  }
}

function toOurError(error: ThrownError, { headers, url, routeOptions }: FastifyRequest): ThrownError | undefined {
  const { code } = error
  switch (code) {
    case 'IEV_BODY_MALFORMED': {
      // Checked after parsing, since a host can decompress bodies.
      const encoding = headers['content-encoding'] ?? 'identity'
      return encoding === 'identity' ? error : new ContentEncodingError(excerpt(encoding))
    }
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      // Fastify sets the limit of every route.
      return new BodyTooLargeError(routeOptions.bodyLimit as number, '')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new MediaTypeError(headers['content-type'] ?? 'none')
    case 'FST_ERR_BAD_URL': {
      const path = excerpt(url.replace(/[?#].*/s, ''))
      return saying(
        new ValidationError(`The path must be UTF-8, percent-encoded: "%" itself is written "%25" (got "${path}")`),
        { code: 'pathMalformed', values: [path] }
      )
    }
    default:
      return typeof code === 'string' && code.startsWith('IEV_') ? error : undefined
  }
}

function fromOurs(error: ThrownError): ErrorAnswer {
  const { statusCode = 500, code = '', message = '', messages = [message], params = [], retryAfterMs } = error
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': Math.ceil(retryAfterMs / 1_000) }
  return { statusCode, code, messages, params, headers }
}

function isErrorStatus(status: number | undefined): status is number {
  return typeof status === 'number' && status >= 400 && status <= 599
}

function isFastifys(code: unknown): code is string {
  return typeof code === 'string' && code.startsWith('FST_ERR_')
}
