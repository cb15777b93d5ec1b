import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EventOutcomes } from '../lib/operation/event-outcome.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { EventOutcomeQuery, EventOutcomeReply } from '../lib/schemas/event-outcome.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import { POLLED_LOG_LEVEL } from './conventions.ts'
import { authorize } from './keys.ts'

/** `GET /events/:instance/outcome` */
const eventOutcomeRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  const outcomes = new EventOutcomes({
    eventLog: fastify.eventLog,
    sqs: fastify.hasDecorator('sqs') ? fastify.sqs : undefined,
    websocket: fastify.hasDecorator('websocket') ? fastify.websocket : undefined
  })

  fastify.get('/events/:instance/outcome', {
    logLevel: POLLED_LOG_LEVEL,
    config: authorize('instance'),
    schema: {
      operationId: 'getEventOutcome',
      tags: ['events'],
      summary:
        'Read the outcome of an event: its queues, whether SQS has accepted it, and how many sockets of this node received it',
      params: InstanceParams,
      querystring: EventOutcomeQuery,
      response: { 200: EventOutcomeReply, ...errorReplies(400, 401, 404, 503) }
    },
    handler: ({ params, query }) => outcomes.of(params.instance, query.offset)
  })
}

export default eventOutcomeRoute
