import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { TransportDisabledError } from '../lib/errors.ts'
import { errorReplies, InstanceParams, InstanceQueueReply, Nullable, QUEUE_EXAMPLE } from '../lib/schemas/replies.ts'
import { opensTo } from './keys.ts'

export const QueuesReply = Type.Object(
  {
    queues: Type.Array(
      Type.Composite([
        Type.Omit(InstanceQueueReply, ['url']),
        Type.Object({ url: Nullable(Type.String(), { description: '`null`: SQS does not have it (yet).' }) })
      ])
    )
  },
  { examples: [{ queues: [QUEUE_EXAMPLE] }] }
)

/** `GET /sqs/queues/:instance` */
const queueRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/sqs/queues/:instance', {
    config: opensTo('instance'),
    schema: {
      operationId: 'sqsQueues',
      tags: ['sqs'],
      summary: 'The queues of an instance’s own, by what is selected now',
      params: InstanceParams,
      response: { 200: QueuesReply, ...errorReplies(400, 401, 404, 409, 502) }
    },
    handler: async ({ params }) => {
      if (!fastify.hasDecorator('sqs')) throw new TransportDisabledError('sqs')
      return { queues: await fastify.sqs.queues(params.instance) }
    }
  })
}

export default queueRoutes
