import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { ValidationError } from '../lib/errors.ts'
import { excerpt } from '../lib/text/excerpt.ts'
import { MAX_ID_LENGTH, RESERVED_MEMBERS, type InstanceEventInput } from '../lib/schemas/event-input.ts'
import { EmitReply, errorReplies } from '../lib/schemas/replies.ts'
import '../plugins/instance-events.ts'
import { type EventShape, useEventBodies } from './event-body.ts'
import type { EventRoutesOptions } from './events.ts'
import { requestTrace } from './trace.ts'
import { opensTo } from './keys.ts'

/** Evolution API v2's webhook body. Members besides these are kept as extras of the message. */
const WebhookBody = Type.Object(
  {
    event: Type.Optional(Type.String({ description: 'May be left out where the URL names it.' })),
    instance: Type.String({ minLength: 1, maxLength: 100 }),
    data: Type.Optional(Type.Unknown({ description: '`null` if absent.' })),
    date_time: Type.Optional(Type.String()),
    sender: Type.Optional(Type.Unknown()),
    server_url: Type.Optional(Type.Unknown()),
    apikey: Type.Optional(Type.Unknown()),
    id: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_ID_LENGTH })),
    traceparent: Type.Optional(Type.String())
  },
  {
    additionalProperties: true,
    examples: [
      {
        event: 'messages.upsert',
        instance: 'vendas-sp',
        data: { key: { id: '3EB0000000000000000A' }, message: { conversation: 'Oi, tudo bem?' } },
        date_time: '2026-01-31T12:00:00.000Z',
        sender: '5511912345678@s.whatsapp.net',
        server_url: 'http://localhost:8081',
        apikey: 'B6D711FCDE4D4FD5936544120E713976'
      }
    ]
  }
)

const SHAPE: EventShape = new Map(
  Object.keys(WebhookBody.properties)
    .filter((name) => name !== 'data')
    .map((name) => [name, 'value'])
)

/** Members of a webhook body that messages have under the same name, or that only concern the webhook itself. */
const NOT_EXTRA = new Set<string>([...RESERVED_MEMBERS, 'destination'])

/** `POST /webhook/evolution`, `POST /webhook/evolution/:event` */
const webhookRoutes: FastifyPluginAsyncTypebox<EventRoutesOptions> = async (fastify, { bodyLimit }) => {
  const config = opensTo('global', { inQuery: true })
  useEventBodies(fastify, SHAPE)
  const schema = {
    tags: ['events'],
    querystring: Type.Object({ apikey: Type.Optional(Type.String({ description: 'The global key.' })) }),
    body: WebhookBody,
    response: { 202: EmitReply, ...errorReplies(400, 401, 404, 413, 415, 503) }
  }

  fastify.post('/webhook/evolution', {
    config,
    bodyLimit,
    schema: {
      ...schema,
      operationId: 'receiveWebhook',
      summary: "Take in an event as Evolution API's webhook sends it"
    },
    handler: async (request, reply) => {
      const { body } = request
      if (body.event === undefined) throw new ValidationError('body.event is required')
      return reply.code(202).send(await fastify.onInstanceEvent(toInput(body, body.event, request)))
    }
  })

  fastify.post('/webhook/evolution/:event', {
    config,
    bodyLimit,
    schema: {
      ...schema,
      operationId: 'receiveWebhookByEvent',
      summary: "The same with Evolution API's webhook by events, whose URL names the event (messages-upsert)",
      params: Type.Object({ event: Type.String({ maxLength: 100, examples: ['messages-upsert'] }) })
    },
    handler: async (request, reply) => {
      const { params, body } = request
      const { name } = fastify.eventLog.catalogue.get(params.event)
      if (body.event !== undefined && fastify.eventLog.catalogue.find(body.event)?.name !== name) {
        throw new ValidationError(
          `body.event is "${excerpt(body.event)}", the URL says "${params.event}": send one of them, or the same`
        )
      }
      return reply.code(202).send(await fastify.onInstanceEvent(toInput(body, name, request)))
    }
  })
}

function toInput(
  body: Record<string, unknown> & { instance: string; id?: string; date_time?: string; traceparent?: string },
  event: string,
  request: FastifyRequest
): InstanceEventInput {
  const { instance, data = null, id, date_time: dateTime, sender, server_url: serverUrl, apikey, traceparent } = body
  const extra = Object.fromEntries(Object.entries(body).filter(([member]) => !NOT_EXTRA.has(member)))
  return {
    ...requestTrace(request),
    instance,
    event,
    data,
    ...(traceparent !== undefined && { traceparent }),
    ...(id !== undefined && { id }),
    ...(dateTime !== undefined && { dateTime }),
    ...(typeof sender === 'string' && { sender }),
    ...(typeof serverUrl === 'string' && { serverUrl }),
    ...(typeof apikey === 'string' && { apikey }),
    ...(Object.keys(extra).length > 0 && { extra })
  }
}

export default webhookRoutes
