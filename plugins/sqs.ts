import type { SQSClient } from '@aws-sdk/client-sqs'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { AlreadyRegisteredError } from '../lib/errors.ts'
import { eventKey } from '../lib/events/catalogue.ts'
import { SqsOptions } from '../lib/schemas/options/sqs.ts'
import { optionsChecker } from '../lib/schemas/options/checker.ts'
import { sqsAddress } from '../lib/sqs/address.ts'
import { BatchCaller } from '../lib/sqs/batch-call.ts'
import { BatchClient } from '../lib/sqs/batch-client.ts'
import { SqsCalls } from '../lib/sqs/calls.ts'
import { createSqsClient } from '../lib/sqs/client.ts'
import { DeliveryWriter } from '../lib/sqs/delivery-writer.ts'
import { SqsEmitter } from '../lib/sqs/emitter.ts'
import { InstanceQueues } from '../lib/sqs/instance-queues.ts'
import { Lanes } from '../lib/sqs/lanes.ts'
import { LargeMessages } from '../lib/sqs/large-messages.ts'
import { createOffload } from '../lib/sqs/offload.ts'
import { QueueProvisioner } from '../lib/sqs/provisioner.ts'
import { QueueNames } from '../lib/sqs/queue-names.ts'
import { SqsSender } from '../lib/sqs/sender.ts'
import { SharedQueues } from '../lib/sqs/shared-queues.ts'
import { sqsStatus } from '../lib/sqs/status.ts'
import eventLogPlugin from './event-log.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The way of events into Amazon SQS: `emit`, `set`, `find`. */
    sqs: SqsEmitter
  }
}

export type { SqsEmitter, SqsOptions }

const checkOptions = optionsChecker('sqs', SqsOptions)

const sqsPlugin: FastifyPluginAsync<SqsOptions> = async (fastify, options) => {
  if (fastify.hasDecorator('sqs')) throw new AlreadyRegisteredError('sqs', 'sqs')
  const {
    region,
    endpoint,
    credentials,
    accountId,
    global = false,
    queueType: type = 'fifo',
    concurrency = 32,
    maxPayloadBytes = 1_048_576,
    maxAttempts = 10,
    dlqMaxReceives,
    s3,
    serverName = 'instance-events',
    deleteUnusedQueues = false,
    connectTimeoutMs = 3_000,
    requestTimeoutMs = 10_000,
    shutdownTimeoutMs = 10_000,
    ...rest
  } = checkOptions(options)
  if (!fastify.hasDecorator('eventLog')) await fastify.register(eventLogPlugin, rest.eventLog ?? {})
  const { eventLog } = fastify
  const { catalogue, metrics, store } = eventLog
  const { deliveries } = store
  const log = fastify.log.child({ component: 'sqs' })

  const { prefix = 'global', singleQueue = false, events = '*' } = global || {}
  const globalKeys = global ? (events === '*' ? catalogue.all : catalogue.resolve(events, 'global.events').keys) : []
  const names = new QueueNames({ type, prefix, singleQueue, keys: catalogue.events.map(({ key }) => key) })
  // Of a client of the host's, nothing but `send` is relied on.
  const own = rest.client as SQSClient | undefined
  const client =
    own ?? createSqsClient({ region, endpoint, credentials, concurrency, connectTimeoutMs, requestTimeoutMs })
  const calls = new SqsCalls({ client, deadlineMs: requestTimeoutMs })
  const provisioner = new QueueProvisioner({ calls, type, accountId, dlqMaxReceives, maxPayloadBytes, log })
  const probe = () => sqsStatus(calls)
  const offload = s3 && (await createOffload(s3))
  const abort = new AbortController()
  const { signal } = abort
  const writer = new DeliveryWriter({ deliveries, metrics, log, signal })
  const lanes = new Lanes({ deliveries, writer, log, guard: (failure, work) => eventLog.guard(failure, work) })
  const caller = new BatchCaller({
    client: new BatchClient({ calls, direct: own ? undefined : client }),
    address: () => sqsAddress(client),
    provisioner,
    specOf: (queue, { instance, event }) => names.specOf(queue, { instance, key: eventKey(event) }),
    probe,
    metrics,
    log,
    signal
  })
  const sender = new SqsSender({
    lanes,
    caller,
    writer,
    provisioner,
    largeMessages: offload && new LargeMessages({ offload, metrics, log, signal }),
    entries: { type, serverName },
    metrics,
    concurrency,
    maxAttempts,
    abort
  })
  const sharedQueues = new SharedQueues({
    provisioner,
    specs: names.sharedSpecs(globalKeys),
    pattern: names.sharedPattern,
    log
  })
  const instanceQueues = new InstanceQueues({
    names,
    provisioner,
    deleteUnused: deleteUnusedQueues,
    hasPending: (queue) => lanes.hasPending(queue),
    log
  })
  const emitter = new SqsEmitter({
    eventLog,
    client,
    names,
    instanceQueues,
    sharedQueues,
    sender,
    outage: caller.outage,
    mode: { queueType: type, global: globalKeys.length > 0 ? { prefix, singleQueue, events: globalKeys } : null },
    probe
  })

  // Lanes of an earlier run first: what is attached after them can only add to their ends.
  await sender.start()
  eventLog.attach(emitter)
  fastify.decorate('sqs', emitter)
  metrics.gauge('iev_sqs_pending', 'Deliveries that are pending', () => deliveries.pendingCount())
  metrics.gauge(
    'iev_sqs_oldest_pending_age_seconds',
    'Age of the oldest event with a pending delivery',
    async () => (await eventLog.pendingAge.seconds()) ?? 0
  )
  metrics.gauge('iev_sqs_dead_letters', 'Dead letters that wait', async () => (await store.deadLetters.count()).count)
  const unwatch = eventLog.watchInstances((change) => {
    if (change.type !== 'removed') return
    const { name, selections } = change.before
    instanceQueues.deleteUnused(name, { before: selections.sqs, after: undefined })
  })

  fastify.addHook('onReady', async () => {
    // Not awaited: a server starts while SQS is down.
    if (globalKeys.length > 0) sharedQueues.start()
  })
  fastify.addHook('preClose', async () => instanceQueues.close())
  fastify.addHook('onClose', async () => {
    unwatch()
    await sharedQueues.stop()
    await sender.stop(shutdownTimeoutMs)
    if (!rest.client) client.destroy()
    offload?.destroy()
  })
}

export default fp(sqsPlugin, { name: 'fastify-instance-events/sqs', fastify: '5.x' })
