import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { BodySignature } from '../lib/hubs/body-signature.ts'
import { hubEvent } from '../lib/hubs/hub-event.ts'
import type { Hub } from '../lib/hubs/hub.ts'
import { EmitReply } from '../lib/schemas/emit-reply.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { hubWebhookBody } from '../lib/schemas/hub-webhook.ts'
import { WebhookQuery } from '../lib/schemas/webhook.ts'
import { webhookAcceptor, type WebhookRoutesOptions } from './accept-webhook.ts'
import { useEventBodies } from './event-body.ts'
import type { EventShape } from './event-reader.ts'
import { authorize } from './keys.ts'
import { receivedHub } from './received-hub.ts'
import { noteRejections } from './rejections.ts'
import { requestTrace } from './trace.ts'

/** The time for derived ids of events whose hub gives none. */
const NO_TIME = '1970-01-01T00:00:00.000Z'

export interface HubWebhookOptions extends WebhookRoutesOptions {
  hub: Hub
  /** The secret with which the hub signs its bodies. `undefined`: signatures are not checked. */
  hmacKey: string | undefined
}

/** `POST /webhook/<hub>` */
const hubWebhookRoutes: FastifyPluginAsyncTypebox<HubWebhookOptions> = async (fastify, options) => {
  const { hub, hmacKey, bodyLimit, intake, rejections } = options
  const { name, title, members, signature, distinct = [] } = hub
  const { hidden, refusal } = receivedHub(fastify, hub)
  const accept = webhookAcceptor(fastify, options)
  noteRejections(fastify, rejections, members)
  useEventBodies(fastify, {
    shape: shapeOf(hub),
    bodyLimit,
    intake,
    instanceMember: members.instance,
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
      response: { 202: EmitReply, ...errorReplies(400, 401, 403, 404, 413, 415, 503) },
      ...hidden
    },
    ...refusal,
    handler: async (request, reply) => {
      const { body } = request
      const time = distinct.includes(body[members.event] as string) ? NO_TIME : undefined
      return reply.code(202).send(await accept({ ...requestTrace(request), ...hubEvent(hub, body) }, time))
    }
  })
}

/** `data` and members that are passed on stay text. */
function shapeOf({ members: { data, ...read } }: Hub): EventShape {
  return new Map(Object.values(read).map((member) => [member, 'value']))
}

export default hubWebhookRoutes
