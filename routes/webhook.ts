import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { ValidationError } from '../lib/errors.ts'
import { eventKey } from '../lib/events/event-key.ts'
import { isOriginText } from '../lib/events/origin-text.ts'
import { toUtc } from '../lib/events/utc.ts'
import { excerpt } from '../lib/text/excerpt.ts'
import { EmitReply } from '../lib/schemas/emit-reply.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { RESERVED_MEMBERS, type InstanceEventInput } from '../lib/schemas/event-input.ts'
import { WebhookBody, WebhookParams, WebhookPath, WebhookQuery } from '../lib/schemas/webhook.ts'
import { webhookAcceptor, type WebhookRoutesOptions } from './accept-webhook.ts'
import { useEventBodies } from './event-body.ts'
import type { EventShape } from './event-reader.ts'
import { notFound } from './conventions.ts'
import { notTime } from './contradictions.ts'
import { receivedHub } from './received-hub.ts'
import { noteRejections } from './rejections.ts'
import { requestTrace } from './trace.ts'
import { authorize } from './keys.ts'

const SHAPE: EventShape = new Map(
  Object.keys(WebhookBody.properties)
    .filter((name) => name !== 'data')
    .map((name) => [name, 'value'])
)

/** Members of a webhook body that messages have already, or that are about the webhook itself. */
const NOT_EXTRA = new Set<string>([...RESERVED_MEMBERS, 'destination'])

/** `POST /webhook/evolution`, `POST /webhook/evolution/:event`, both also with trailing and doubled slashes */
const webhookRoutes: FastifyPluginAsyncTypebox<WebhookRoutesOptions> = async (fastify, options) => {
  const { bodyLimit, intake, rejections } = options
  const { hidden, refusal } = receivedHub(fastify, { name: 'evolution', title: 'Evolution API' })
  const acceptWebhook = webhookAcceptor(fastify, options)
  const config = authorize('global', { inQuery: true })
  noteRejections(fastify, rejections)
  useEventBodies(fastify, { shape: SHAPE, bodyLimit, intake, instanceMember: 'instance' })
  const schema = {
    tags: ['events'],
    querystring: WebhookQuery,
    body: WebhookBody,
    response: { 202: EmitReply, ...errorReplies(400, 401, 403, 404, 413, 415, 503) },
    ...hidden
  }

  const eventOf = (inBody: string | undefined, inUrl: string): string => {
    const named = inBody ?? inUrl
    if (named === '') throw new ValidationError('body.event is required')
    if (inUrl !== '' && eventKey(named) !== eventKey(inUrl))
      throw new ValidationError(
        `body.event is "${excerpt(named)}", the URL says "${excerpt(inUrl)}": send one of them, or the same`
      )
    return named
  }

  /** @param inUrl the event that the URL names; empty: none */
  const accept = (request: FastifyRequest<{ Body: Body }>, inUrl: string) =>
    acceptWebhook(toInput(request.body, eventOf(request.body.event, inUrl), request))

  fastify.post('/webhook/evolution', {
    config,
    bodyLimit,
    ...refusal,
    schema: {
      ...schema,
      operationId: 'receiveWebhook',
      summary: "Accept an event in the form of Evolution API's webhook"
    },
    handler: async (request, reply) => reply.code(202).send(await accept(request, ''))
  })

  fastify.post('/webhook/evolution/:event', {
    config,
    bodyLimit,
    ...refusal,
    schema: {
      ...schema,
      operationId: 'receiveWebhookByEvent',
      summary:
        "Accept an event of Evolution API's webhook with `byEvents`, whose URL names the event (messages-upsert)",
      params: WebhookParams
    },
    handler: async (request, reply) => reply.code(202).send(await accept(request, request.params.event))
  })

  // The router of a host may be strict about slashes, and Evolution API does not retry a webhook that is answered 404.
  fastify.post('/webhook/evolution/*', {
    config,
    bodyLimit,
    ...refusal,
    schema: { ...schema, params: WebhookPath, hide: true },
    handler: async (request, reply) => {
      const [event = '', ...more] = request.params['*'].split('/').filter(Boolean)
      if (more.length > 0) throw notFound(request)
      return reply.code(202).send(await accept(request, event))
    }
  })
}

type Body = Record<string, unknown> & {
  event?: string
  instance: string
  id?: string
  date_time?: string
  traceparent?: string
}

function toInput(body: Body, event: string, request: FastifyRequest): InstanceEventInput {
  const { instance, data = null, id, date_time: dateTime, sender, server_url: serverUrl, apikey, traceparent } = body
  if (dateTime !== undefined && toUtc(dateTime) === undefined) throw notTime('body.date_time', excerpt(dateTime))
  const extra = Object.fromEntries(Object.entries(body).filter(([member]) => !NOT_EXTRA.has(member)))
  return {
    ...requestTrace(request),
    instance,
    event,
    data,
    ...(traceparent !== undefined && { traceparent }),
    ...(id !== undefined && { id }),
    ...(dateTime !== undefined && { dateTime }),
    ...(isOriginText(sender) && { sender }),
    ...(isOriginText(serverUrl) && { serverUrl }),
    ...(isOriginText(apikey) && { apikey }),
    ...(Object.keys(extra).length > 0 && { extra })
  }
}

export default webhookRoutes
