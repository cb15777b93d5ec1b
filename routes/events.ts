import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Static } from '@sinclair/typebox'
import type { BodyIntake } from '../lib/http/body-intake.ts'
import type { Rejections } from '../lib/operation/rejections.ts'
import { EmitReplies } from '../lib/schemas/emit-reply.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { EventBody, EventsBody } from '../lib/schemas/event-input.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import '../plugins/event-log.ts'
import { useEventBodies } from './event-body.ts'
import type { EventShape } from './event-reader.ts'
import { noteRejections } from './rejections.ts'
import { requestTrace } from './trace.ts'
import { authorize, onlyForHolder } from './keys.ts'

/** The members of `extra` are passed on one by one; `data` and unknown members as they are. */
const SHAPE: EventShape = new Map(
  Object.keys(EventBody.properties)
    .filter((name) => name !== 'data')
    .map((name) => [name, name === 'extra' ? 'members' : 'value'])
)

export interface EventRoutesOptions {
  bodyLimit: number
  intake: BodyIntake
  rejections: Rejections
}

/** `POST /events/:instance` */
const eventRoutes: FastifyPluginAsyncTypebox<EventRoutesOptions> = async (fastify, options) => {
  const { bodyLimit, intake, rejections } = options
  noteRejections(fastify, rejections)
  useEventBodies(fastify, {
    shape: SHAPE,
    bodyLimit,
    intake,
    admit: ({ params }) => fastify.eventLog.assertMayPost((params as Static<typeof InstanceParams>).instance)
  })

  fastify.post('/events/:instance', {
    config: authorize('instance'),
    bodyLimit,
    schema: {
      operationId: 'postEvents',
      tags: ['events'],
      summary: 'Accept events; the reply is sent when they are durable',
      params: InstanceParams,
      body: EventsBody,
      response: {
        202: EmitReplies,
        ...errorReplies(400, 401, 403, 404, 413, 415, 503)
      }
    },
    handler: (request, reply) => {
      const {
        params: { instance },
        body
      } = request
      reply.code(202)
      const trace = requestTrace(request)
      const options = onlyForHolder(request)
      if (!Array.isArray(body)) return fastify.eventLog.accept({ ...trace, ...body, instance }, options)
      return fastify.eventLog.accept(
        body.map((event) => ({ ...trace, ...event, instance })),
        options
      )
    }
  })
}

export default eventRoutes
