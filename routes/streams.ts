import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  StreamUnavailableError,
  TooManyRequestsError,
  TransportDisabledError,
  UnauthorizedError,
  ValidationError,
  WS_INVALID,
  WS_UNAUTHORIZED
} from '../lib/errors.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { StreamOfAllQuery, StreamQuery, StreamReply } from '../lib/schemas/event-stream.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import type { Refused } from '../lib/websocket/admission.ts'
import { streamsOf } from '../lib/websocket/streams.ts'
import { parseFilter } from './filter-query.ts'
import { authorize } from './keys.ts'

/** `GET /events/stream`, `GET /events/:instance/stream` */
const streamRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const response = { 200: StreamReply, ...errorReplies(400, 401, 409, 429, 503) }
  // The key is checked like that of a socket: it may also be in the query, and wrong ones are limited.
  const key = { inQuery: true, byHandler: true }

  fastify.get('/events/stream', {
    config: authorize('any', key),
    exposeHeadRoute: false,
    schema: {
      operationId: 'streamEvents',
      tags: ['events'],
      summary: 'In global mode, receive the events of all instances that the key authorizes, as Server-Sent Events',
      querystring: StreamOfAllQuery,
      response
    },
    handler: (request, reply) => serve('/', request, reply)
  })

  fastify.get('/events/:instance/stream', {
    config: authorize('instance', key),
    exposeHeadRoute: false,
    schema: {
      operationId: 'streamInstanceEvents',
      tags: ['events'],
      summary: 'Receive the events that an instance has selected for sockets, as Server-Sent Events',
      params: InstanceParams,
      querystring: StreamQuery,
      response
    },
    handler: (request, reply) => serve(`/${encodeURIComponent(request.params.instance)}`, request, reply)
  })

  function serve(
    namespace: string,
    { raw, headers, query }: FastifyRequest<{ Querystring: StreamOfAllQuery }>,
    reply: FastifyReply
  ): void {
    if (!fastify.hasDecorator('websocket')) throw new TransportDisabledError('websocket')
    const streams = streamsOf(fastify.websocket)
    reply.header('cache-control', 'no-store')
    const handshake = {
      auth: subscriptionOf(query, headers['last-event-id']),
      headers,
      query: { apikey: query.apikey }
    }
    const decision = streams.admit(raw, { namespace, handshake })
    if (decision.status === 'refused')
      throw refusal(decision, { reply, lastEventId: Boolean(headers['last-event-id']) })
    if (decision.notice) throw new StreamUnavailableError(decision.notice.message)
    reply.hijack()
    // Fastify's type also allows numbers where Node's does not.
    streams.serve(reply.raw, { namespace, admitted: decision, headers: reply.getHeaders() as OutgoingHttpHeaders })
  }
}

/** Returns the query in the form of a socket's `auth`. @throws {ValidationError} `filter` is not JSON */
function subscriptionOf(
  { after = 'latest', log, events, instances, filter }: StreamOfAllQuery,
  lastEventId: string | string[] | undefined
): Record<string, unknown> {
  return {
    // Browsers may send an empty header.
    offset: lastEventId === undefined || lastEventId === '' ? after : lastEventId,
    log,
    events: events?.split(',').map((name) => name.trim()),
    instances: instances?.split(',').map(decodeName),
    filter: filter === undefined ? undefined : parseFilter(filter)
  }
}

/** Decodes a name of a list. Names may contain commas, so each one in the list can be percent-encoded. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** Returns the error for a refusal. Its message names members of the query instead of `auth`. */
function refusal(
  { code, message, retryAfterMs }: Refused,
  { reply, lastEventId }: { reply: FastifyReply; lastEventId: boolean }
): Error {
  if (retryAfterMs !== undefined) {
    reply.header('retry-after', Math.ceil(retryAfterMs / 1_000))
    return new TooManyRequestsError(message)
  }
  if (code === WS_UNAUTHORIZED) return new UnauthorizedError(message)
  if (code === WS_INVALID)
    return new ValidationError(
      message
        .replace(/^auth\.offset/, lastEventId ? 'Last-Event-ID' : 'querystring.after')
        .replace(/^auth\./, 'querystring.')
    )
  return new StreamUnavailableError(message)
}

export default streamRoutes
