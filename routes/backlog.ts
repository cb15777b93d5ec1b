import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { BacklogReply } from '../lib/schemas/backlog.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import { authorize } from './keys.ts'

/** `GET /instance/backlog/:instance` */
const backlogRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  const { instances, store } = fastify.eventLog

  fastify.get('/instance/backlog/:instance', {
    config: authorize('instance'),
    schema: {
      operationId: 'getInstanceBacklog',
      tags: ['instances'],
      summary: 'Count the pending deliveries and the dead letters of an instance',
      params: InstanceParams,
      response: { 200: BacklogReply, ...errorReplies(400, 401, 404, 503) }
    },
    handler: async ({ params: { instance: instanceName } }) => {
      const { id: instanceId, key } = instances.require(instanceName)
      const [pending, { count: deadLetters }] = await Promise.all([
        store.deliveries.pendingOf(key),
        store.deadLetters.groups({ instance: instanceName, limit: 1 })
      ])
      return { instance: { instanceName, instanceId }, pending, deadLetters }
    }
  })
}

export default backlogRoute
