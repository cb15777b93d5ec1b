import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { TransportDisabledError } from '../lib/errors.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import { QueuesReply } from '../lib/schemas/queues.ts'
import { authorize } from './keys.ts'

/** `GET /sqs/queues/:instance` */
const queueRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/sqs/queues/:instance', {
    config: authorize('instance'),
    schema: {
      operationId: 'sqsQueues',
      tags: ['sqs'],
      summary: 'List the queues of an instance, by its current selection',
      params: InstanceParams,
      response: { 200: QueuesReply, ...errorReplies(400, 401, 404, 409, 502) }
    },
    handler: async ({ params: { instance } }) => {
      if (!fastify.hasDecorator('sqs')) throw new TransportDisabledError('sqs')
      return { queues: await fastify.sqs.queues(instance), alsoSentTo: fastify.sqs.alsoSentTo(instance) }
    }
  })
}

export default queueRoutes
