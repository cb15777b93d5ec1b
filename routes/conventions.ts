import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { STATUS_CODES } from 'node:http'
import {
  BodyMalformedError,
  ClosingError,
  RouteNotFoundError,
  SignatureInvalidError,
  UnauthorizedError,
  ValidationError
} from '../lib/errors.ts'
import { emptyBody } from '../lib/json/faults.ts'
import { assertJson } from '../lib/json/scan.ts'
import { excerpt } from '../lib/text/excerpt.ts'
import { MAX_MESSAGES, type MessageParams, withMessages } from '../lib/error-class.ts'
import { urlWithoutKeys } from '../lib/text/url-without-keys.ts'
import { useCompilers } from './compilers.ts'
import { type ThrownError, toAnswer } from './error-answer.ts'
import { endUnreadBodies } from './unread-bodies.ts'

/** Log level of routes that probes and the console request every few seconds: successful requests are not logged. */
export const POLLED_LOG_LEVEL = 'warn'

/** Bytes of all bodies but those of events: settings, and lists of numbers. */
const BODY_LIMIT = 131_072

/** Seconds after which a refused request may be sent again. */
const RETRY_AFTER_SECONDS = 1

/**
 * Sets how the routes of this scope read and reply: bodies are JSON and not coerced (a string is no boolean), every fault is
 * named, and errors have Evolution API's shape plus `code`.
 */
export function useConventions(fastify: FastifyInstance): void {
  useCompilers(fastify)
  endUnreadBodies(fastify)
  fastify.addHook('onRoute', (route) => {
    route.bodyLimit ??= BODY_LIMIT
  })
  // A host's own serializer would replace those of our schemas. Fastify's types do not allow to unset it.
  fastify.setReplySerializer(null as never)
  fastify.setSchemaErrorFormatter((errors, part) => {
    const described = new Map(withoutBranches(errors).map((error) => describe(error, part)))
    const messages = [...described.keys()].slice(0, MAX_MESSAGES)
    return withMessages(new ValidationError(messages.join('; ')), messages, [...described.values()])
  })

  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    async (request: FastifyRequest, text: string) => {
      const body = text.replace(/^\uFEFF/, '')
      if (body !== '') return parseJson(body)
      // Some clients send the header with every request, also with DELETE.
      if (request.method === 'DELETE') return undefined
      throw emptyBody()
    }
  )
  fastify.setErrorHandler(answerError)
}

/**
 * Plain JSON.parse: it makes `__proto__` an ordinary member, and bodies are not merged into other objects here.
 * @throws {BodyMalformedError} with the place of the fault
 */
function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw placedFault(body) ?? new BodyMalformedError((error as Error).message)
  }
}

/** Returns where a text is not JSON; `undefined`: a limit for events comes before. */
function placedFault(text: string): BodyMalformedError | undefined {
  try {
    assertJson(Buffer.from(text))
  } catch (error) {
    if (error instanceof BodyMalformedError) return error
  }
  return undefined
}

/** Faults of a body that nobody asked for: the route is unknown. */
const BODY_FAULTS = new Set<string | undefined>([
  'FST_ERR_CTP_EMPTY_JSON_BODY',
  'FST_ERR_CTP_INVALID_JSON_BODY',
  'FST_ERR_CTP_INVALID_MEDIA_TYPE'
])

/** An error handler: replies in Evolution API's shape plus `code`. */
export function answerError(thrown: ThrownError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // Fastify reads the body of a request before it calls the not-found handler.
  const error = request.is404 && BODY_FAULTS.has(thrown.code) ? notFound(request) : thrown
  const { statusCode, code, messages, params, headers } = toAnswer(error, request, reply)
  if (error instanceof ClosingError) request.log.info({ code }, 'A request was refused, the server is shutting down')
  else if (statusCode >= 500) request.log.error({ err: error }, 'A request failed')
  else request.log.debug({ code }, 'A request was refused')
  if ((statusCode === 503 || statusCode === 429) && !reply.hasHeader('retry-after'))
    reply.header('retry-after', RETRY_AFTER_SECONDS)
  if (error instanceof UnauthorizedError || error instanceof SignatureInvalidError)
    reply.header('www-authenticate', 'Bearer')
  reply.headers(headers)
  const body = {
    status: statusCode,
    error: STATUS_CODES[statusCode],
    code,
    response: { message: messages },
    ...(params.length > 0 && { params })
  }
  // As text: the status of a host's error can have another schema in the route.
  return reply.code(statusCode).type('application/json; charset=utf-8').send(JSON.stringify(body))
}

/** A not-found handler. @throws {RouteNotFoundError} */
export function answerNotFound(request: FastifyRequest): never {
  throw notFound(request)
}

/** The error of a request without a route. */
export function notFound({ method, url, headers }: FastifyRequest): RouteNotFoundError {
  const advice =
    headers['sec-websocket-key'] === undefined
      ? ' on this server: if it is a route of your hub, such as Evolution API, send the request to the hub itself'
      : ': this server speaks Socket.IO, which a plain WebSocket does not; connect with a Socket.IO client'
  return new RouteNotFoundError(method, url.replace(/[?#].*/, ''), advice)
}

/**
 * Of a choice and its branches, keeps the errors about a bound, since such a value has the right type; else the error of the choice.
 */
function withoutBranches(errors: FastifySchemaValidationError[]): FastifySchemaValidationError[] {
  const pathsOf = (kept: (error: FastifySchemaValidationError) => boolean) =>
    new Set(errors.filter(kept).map(({ instancePath }) => instancePath))
  const choices = pathsOf(({ keyword }) => keyword === 'anyOf')
  const bounds = pathsOf(({ params }) => params.limit !== undefined)
  return errors.filter(({ keyword, instancePath, params }) => {
    if (keyword === 'if' || !choices.has(instancePath)) return keyword !== 'if'
    return bounds.has(instancePath) ? params.limit !== undefined : keyword === 'anyOf'
  })
}

/** The message of an error, and what it says: its keyword is the code, and its limit or its choices are the value. */
function describe(error: FastifySchemaValidationError, part: string): [message: string, params: MessageParams] {
  const { instancePath, keyword, message = 'is invalid', params } = error
  const field = excerpt([part, ...instancePath.split('/').slice(1).map(decodePointer)].join('.'))
  if (keyword === 'required') {
    const missing = `${field}.${String(params.missingProperty)}`
    return [`${missing} is required`, { code: keyword, field: missing, values: [] }]
  }
  if (keyword === 'additionalProperties') {
    const unknown = `${field}.${excerpt(String(params.additionalProperty))}`
    return [`${unknown} is not a known field`, { code: keyword, field: unknown, values: [] }]
  }
  if (keyword !== 'anyOf' && keyword !== 'enum') {
    const { limit, type, pattern, format, allowedValue } = params
    const values = [limit, type, pattern, format, allowedValue].filter((one) => one !== undefined)
    return [`${field} ${message}`, { code: keyword, field, values: values.map(valueOf) }]
  }
  const choices = keyword === 'enum' ? (params.allowedValues as unknown[]).map(written) : branchesOf(error)
  return [`${field} must be ${choices.join(' or ')}`, { code: keyword, field, values: choices }]
}

/** Names the branches of a choice. */
function branchesOf(error: FastifySchemaValidationError): string[] {
  // With the option `verbose`, the error has the schema that failed.
  const { schema } = error as unknown as { schema: { const?: unknown; type?: string }[] }
  return schema.map((branch) => ('const' in branch ? written(branch.const) : String(branch.type)))
}

function written(value: unknown): string {
  return JSON.stringify(value)
}

function valueOf(value: unknown): string | number {
  return typeof value === 'number' ? value : String(value)
}

/** Serializes a request for the log, without a key that its URL may contain. For Fastify's `logSerializers`. */
export function requestWithoutKey({ method, url, host, ip }: FastifyRequest): Record<string, unknown> {
  return { method, url: urlWithoutKeys(url), host, remoteAddress: ip }
}

function decodePointer(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}
