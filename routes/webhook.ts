import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { ValidationError } from '../lib/errors.ts'
import { excerpt } from '../lib/text/excerpt.ts'
import { EmitReply } from '../lib/schemas/emit-reply.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { RESERVED_MEMBERS, type InstanceEventInput } from '../lib/schemas/event-input.ts'
import { WebhookBody, WebhookParams, WebhookQuery } from '../lib/schemas/webhook.ts'
import '../plugins/instance-events.ts'
import { useEventBodies } from './event-body.ts'
import type { EventShape } from './event-reader.ts'
import type { EventRoutesOptions } from './events.ts'
import { requestTrace } from './trace.ts'
import { authorize } from './keys.ts'

const SHAPE: EventShape = new Map(
  Object.keys(WebhookBody.properties)
    .filter((name) => name !== 'data')
    .map((name) => [name, 'value'])
)

/** Members of a webhook body that messages have already, or that are about the webhook itself. */
const NOT_EXTRA = new Set<string>([...RESERVED_MEMBERS, 'destination'])

/** `POST /webhook/evolution`, `POST /webhook/evolution/:event` */
const webhookRoutes: FastifyPluginAsyncTypebox<EventRoutesOptions> = async (fastify, { bodyLimit, intake }) => {
  const config = authorize('global', { inQuery: true })
  useEventBodies(fastify, { shape: SHAPE, bodyLimit, intake })
  const schema = {
    tags: ['events'],
    querystring: WebhookQuery,
    body: WebhookBody,
    response: { 202: EmitReply, ...errorReplies(400, 401, 403, 404, 413, 415, 503) }
  }

  fastify.post('/webhook/evolution', {
    config,
    bodyLimit,
    schema: {
      ...schema,
      operationId: 'receiveWebhook',
      summary: "Accept an event in the form of Evolution API's webhook"
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
      summary: "Accept an event of Evolution API's webhook by events, whose URL names the event (messages-upsert)",
      params: WebhookParams
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
