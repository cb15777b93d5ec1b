import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { AlreadyRegisteredError } from '../lib/errors.ts'
import { SqsOptions } from '../lib/schemas/options/sqs.ts'
import { optionsChecker } from '../lib/schemas/options/checker.ts'
import { createSqs } from '../lib/sqs/create-sqs.ts'
import type { SqsEmitter } from '../lib/sqs/emitter.ts'
import eventLogPlugin from './event-log.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Sends events to Amazon SQS and manages the selections and queues of instances. */
    sqs: SqsEmitter
  }
}

export type { SqsEmitter, SqsOptions }

const checkOptions = optionsChecker('sqs', SqsOptions)

const sqsPlugin: FastifyPluginAsync<SqsOptions> = async (fastify, given) => {
  if (fastify.hasDecorator('sqs')) throw new AlreadyRegisteredError('sqs', 'sqs')
  const options = checkOptions(given)
  if (!fastify.hasDecorator('eventLog')) await fastify.register(eventLogPlugin, options.eventLog ?? {})
  const { eventLog } = fastify
  const sqs = await createSqs(options, { eventLog, log: fastify.log.child({ component: 'sqs' }) })

  // Pending events of an earlier run first: events that are accepted later follow them.
  await sqs.start()
  eventLog.attach(sqs.emitter)
  fastify.decorate('sqs', sqs.emitter)
  const { metrics, pendingAge } = eventLog
  const { deliveries, deadLetters } = eventLog.store
  metrics.gauge('iev_sqs_pending', 'Deliveries that are pending', () => deliveries.pendingCount())
  metrics.gauge(
    'iev_sqs_oldest_pending_age_seconds',
    'Age of the oldest event with a pending delivery',
    async () => (await pendingAge.seconds()) ?? 0
  )
  metrics.gauge('iev_sqs_dead_letters', 'Dead letters that wait', async () => (await deadLetters.count()).count)
  metrics.gauge(
    'iev_sqs_differing_queues',
    'Queues that exist with other attributes than new ones have',
    () => sqs.emitter.differingQueues.count
  )
  const unwatch = eventLog.watchInstances((change) => {
    if (change.type === 'removed' && change.here) sqs.instanceRemoved(change.before)
  })

  // Not awaited, since a server must start while SQS is down.
  fastify.addHook('onReady', async () => {
    sqs.createSharedQueues()
    void sqs.compareKnownQueues()
  })
  fastify.addHook('preClose', async () => sqs.endRequests())
  fastify.addHook('onClose', async () => {
    unwatch()
    await sqs.close()
  })
}

export default fp(sqsPlugin, { name: 'fastify-instance-events/sqs', fastify: '5.x' })
