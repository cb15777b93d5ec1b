import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { InstanceStates } from '../lib/operation/instance-states.ts'
import { type QueuePlace, QueueStates } from '../lib/operation/queue-states.ts'
import { Shares } from '../lib/operation/shares.ts'
import { activityReply } from '../lib/schemas/activity.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import {
  InstanceStatesQuery,
  InstanceStatesReply,
  QueueStatesQuery,
  QueueStatesReply
} from '../lib/schemas/overview-tables.ts'
import { POLLED_LOG_LEVEL } from './conventions.ts'
import { authorize } from './keys.ts'

/** `GET /overview/queues`, `GET /overview/instances` */
const overviewTableRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { store, activities, silences } = fastify.eventLog
  const shares = new Shares(store)
  const sqs = fastify.hasDecorator('sqs') ? fastify.sqs : undefined
  const queueStates = new QueueStates({ store, shares, sqs })
  const instanceStates = new InstanceStates({ store, shares, activities, silences })

  fastify.get('/overview/queues', {
    logLevel: POLLED_LOG_LEVEL,
    config: authorize('global'),
    schema: {
      operationId: 'getOverviewQueues',
      tags: ['operation'],
      summary: 'List queues and their states, those that need attention first',
      querystring: QueueStatesQuery,
      response: { 200: QueueStatesReply, ...errorReplies(400, 401, 503) }
    },
    handler: async ({ query: { limit, after } }) => {
      const page = await queueStates.page({ limit, after: after === undefined ? undefined : toPlace(after) })
      return {
        queues: page.queues.map(({ lastSentAt, fault, ...state }) => ({
          ...state,
          lastSentAt: lastSentAt?.toISOString() ?? null,
          fault: fault && { ...fault, since: fault.since.toISOString() }
        })),
        after: page.next && toText(page.next),
        total: page.total
      }
    }
  })

  fastify.get('/overview/instances', {
    logLevel: POLLED_LOG_LEVEL,
    config: authorize('global'),
    schema: {
      operationId: 'getOverviewInstances',
      tags: ['operation'],
      summary: 'List instances and their states, those that need attention first',
      querystring: InstanceStatesQuery,
      response: { 200: InstanceStatesReply, ...errorReplies(400, 401, 503) }
    },
    handler: async ({ query: { limit } }) => ({
      instances: (await instanceStates.first(limit)).map((state) => {
        const { instance, pending, oldestPendingAgeSeconds, deadLetters } = state
        return { instance, ...activityReply(state), pending, oldestPendingAgeSeconds, deadLetters }
      })
    })
  })
}

function toText({ rank, oldest, queue }: QueuePlace): string {
  return `${rank}.${oldest}.${queue}`
}

/** @param text fits the schema of the query */
function toPlace(text: string): QueuePlace {
  const [rank, oldest, ...name] = text.split('.')
  return { rank: Number(rank), oldest: Number(oldest), queue: name.join('.') }
}

export default overviewTableRoutes
