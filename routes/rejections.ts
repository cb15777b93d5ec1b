import type { FastifyInstance, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import type { Rejections } from '../lib/operation/rejections.ts'
import { QuietLog } from '../lib/telemetry/quiet-log.ts'
import '../plugins/event-log.ts'
import { answerError } from './conventions.ts'
import { type ErrorAnswer, type ThrownError, toAnswer } from './error-answer.ts'
import { identityOf } from './keys.ts'

/** Sentences for codes whose own messages may quote a request. */
const UNQUOTED: Readonly<Record<string, string>> = {
  IEV_BODY_MALFORMED: 'The body is not JSON',
  IEV_EVENT_INVALID: 'A member of an event is missing or wrong',
  IEV_EVENT_UNKNOWN: 'This server does not know the event',
  IEV_NOT_FOUND: 'There is no such route, or this server does not accept webhooks of this hub',
  IEV_INSTANCE_NAME_INVALID: 'The name is not valid for an instance',
  IEV_SIGNATURE_INVALID: 'The signature of the body is missing or wrong',
  IEV_UNSUPPORTED_CONTENT_ENCODING: 'The body must not be compressed',
  IEV_UNSUPPORTED_MEDIA_TYPE: 'The body must be JSON: send content-type: application/json',
  IEV_VALIDATION: 'A part of the request is missing or wrong'
}

/** Codes whose messages quote nothing of a request. */
const PLAIN = new Set([
  'IEV_BACKPRESSURE',
  'IEV_BODY_TOO_LARGE',
  'IEV_CLOSING',
  'IEV_INSTANCE_NOT_FOUND',
  'IEV_INTERNAL',
  'IEV_LIMIT_EXCEEDED',
  'IEV_TOO_MANY_INSTANCES',
  'IEV_TOO_MANY_REQUESTS',
  'IEV_UNAUTHORIZED'
])

interface Names {
  instance: string
  event: string
}

const NAMES: Names = { instance: 'instance', event: 'event' }

/** A name that is shown as it was sent. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/**
 * Counts, lists and logs the requests that the routes of this scope reject, without anything of their keys and bodies.
 * @param names of the members of a body that name the instance and the event
 */
export function noteRejections(fastify: FastifyInstance, rejections: Rejections, names: Names = NAMES): void {
  const { metrics, instances } = fastify.eventLog
  const quietLog = new QuietLog(fastify.log)

  fastify.setErrorHandler((thrown: ThrownError, request: FastifyRequest, reply) => {
    const answer = toAnswer(thrown, request, reply)
    const { code, statusCode } = answer
    const { method, ip, routeOptions } = request
    const route = `${method} ${routeOptions.url}`
    const instance = instances.get(textOf(request, names.instance) ?? '')?.name ?? null
    const rejected = {
      code,
      message: sentenceOf(answer, textOf(request, names.event)),
      route,
      address: ip ?? '',
      instance
    }
    metrics.rejected.inc({ code: metrics.code(code), route })
    rejections.add({ ...rejected, authorized: identityOf(request) !== null })
    // Errors of the server are logged by `answerError`.
    if (statusCode < 500) quietLog.warn(metrics.code(code), rejected, 'A request with events was rejected')
    return answerError(thrown, request, reply)
  })
}

/** Returns a text from the path of a request, or else from its body. */
function textOf({ params, body }: FastifyRequest, name: string): string | undefined {
  type Texts = { [name: string]: unknown } | undefined
  const text = (params as Texts)?.[name] ?? (body as Texts)?.[name]
  return typeof text === 'string' ? text : undefined
}

function sentenceOf({ code, messages: [message = code], statusCode }: ErrorAnswer, event = ''): string {
  const unquoted = UNQUOTED[code]
  if (unquoted === undefined) return PLAIN.has(code) ? message : (STATUS_CODES[statusCode] ?? code)
  return code === 'IEV_EVENT_UNKNOWN' && PLAIN_NAME.test(event) ? `${unquoted} "${event}"` : unquoted
}
