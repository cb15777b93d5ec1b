import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { StreamOfAllQuery, StreamQuery, StreamReply } from '../lib/schemas/event-stream.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import { admitRequest } from './admit-request.ts'
import { authorize } from './keys.ts'
import { subscriptionOf } from './subscription-query.ts'

/** `GET /events/stream`, `GET /events/:instance/stream` */
const streamRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const response = { 200: StreamReply, ...errorReplies(400, 401, 409, 503) }
  // The key is checked like that of a socket: it may also be in the query, and wrong ones are limited.
  const key = { inQuery: true, byHandler: () => true }

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
    request: FastifyRequest<{ Querystring: StreamOfAllQuery }>,
    reply: FastifyReply
  ): void {
    const { query, headers } = request
    const lastEventId = headers['last-event-id']
    // Browsers may send an empty header.
    const offset = lastEventId === undefined || lastEventId === '' ? (query.after ?? 'latest') : lastEventId
    reply.header('cache-control', 'no-store')
    const { admitted, clients } = admitRequest(fastify, request, {
      namespace,
      auth: subscriptionOf(query, offset),
      apikey: query.apikey,
      offsetName: lastEventId ? 'Last-Event-ID' : 'querystring.after'
    })
    reply.hijack()
    // Fastify's type also allows numbers where Node's does not.
    clients.streams.serve(reply.raw, { namespace, admitted, headers: reply.getHeaders() as OutgoingHttpHeaders })
  }
}

export default streamRoutes
