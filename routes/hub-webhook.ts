import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { RouteNotFoundError } from '../lib/errors.ts'
import { BodySignature } from '../lib/hubs/body-signature.ts'
import { hubEvent } from '../lib/hubs/hub-event.ts'
import type { Hub } from '../lib/hubs/hub.ts'
import { EmitReply } from '../lib/schemas/emit-reply.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { hubWebhookBody } from '../lib/schemas/hub-webhook.ts'
import { WebhookQuery } from '../lib/schemas/webhook.ts'
import '../plugins/instance-events.ts'
import { useEventBodies } from './event-body.ts'
import type { EventShape } from './event-reader.ts'
import type { EventRoutesOptions } from './events.ts'
import { authorize } from './keys.ts'
import { noteRejections } from './rejections.ts'
import { requestTrace } from './trace.ts'

export interface HubWebhookOptions extends EventRoutesOptions {
  hub: Hub
  /** The secret with which the hub signs its bodies. `undefined`: signatures are not checked. */
  hmacKey: string | undefined
}

/** `POST /webhook/<hub>` */
const hubWebhookRoutes: FastifyPluginAsyncTypebox<HubWebhookOptions> = async (fastify, options) => {
  const { hub, hmacKey, bodyLimit, intake, rejections } = options
  const { name, title, signature } = hub
  const received = fastify.eventLog.catalogue.hubs.includes(name)
  noteRejections(fastify, rejections)
  useEventBodies(fastify, {
    shape: shapeOf(hub),
    bodyLimit,
    intake,
    ...(signature &&
      hmacKey !== undefined && {
        signature: ({ headers }) => new BodySignature({ title, signature }, { key: hmacKey, headers })
      })
  })

  fastify.post(`/webhook/${name}`, {
    config: authorize('global', { inQuery: true }),
    bodyLimit,
    schema: {
      operationId: `receive${title.replaceAll(' ', '')}Webhook`,
      tags: ['events'],
      summary: `Accept an event in the form of ${title}'s webhook`,
      querystring: WebhookQuery,
      body: hubWebhookBody(hub),
      response: { 202: EmitReply, ...errorReplies(400, 401, 404, 413, 415, 503) },
      ...(!received && { hide: true })
    },
    // After the check of the key, which comes before everything else.
    ...(!received && { preValidation: async (request: FastifyRequest) => refuse(hub, request) }),
    handler: async (request, reply) =>
      reply.code(202).send(await fastify.onInstanceEvent({ ...requestTrace(request), ...hubEvent(hub, request.body) }))
  })
}

/** `data` and members that are passed on stay text. */
function shapeOf({ members: { data, ...read } }: Hub): EventShape {
  return new Map(Object.values(read).map((member) => [member, 'value']))
}

/** @throws {RouteNotFoundError} */
function refuse({ name, title }: Hub, { method, url }: FastifyRequest): never {
  const advice = `: this server does not know the events of ${title}; add "${name}" to its hubs`
  throw new RouteNotFoundError(method, url.replace(/[?#].*/, ''), advice)
}

export default hubWebhookRoutes
