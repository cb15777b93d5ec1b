import type { SQSClient } from '@aws-sdk/client-sqs'
import type { FastifyBaseLogger } from 'fastify'
import type { EventLog } from '../event-log/event-log.ts'
import { UNLISTED_KEY } from '../events/catalogue.ts'
import { eventKey } from '../events/event-key.ts'
import { UNLISTED, type StoredEvent } from '../events/event.ts'
import { withoutOmitted } from '../filters/omission.ts'
import type { Instance } from '../instances/instance.ts'
import type { SqsOptions } from '../schemas/options/sqs.ts'
import { LocalQueueDeletions } from '../store/local-queue-deletions.ts'
import type { DeadLetterNotice } from '../telemetry/channels.ts'
import { sqsAddress, sqsService } from './address.ts'
import { BatchCaller } from './batch-call.ts'
import { BatchClient } from './batch-client.ts'
import { SqsCalls } from './calls.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { createSqsClient, postOf } from './client.ts'
import { Connections } from './connections.ts'
import { DeliveryWriter } from './delivery-writer.ts'
import { SqsEmitter } from './emitter.ts'
import { ExistingQueues } from './existing-queues.ts'
import { InstanceQueues } from './instance-queues.ts'
import { KnownQueues, type Pace } from './known-queues.ts'
import type { LaneEvent } from './lane-event.ts'
import { Lanes } from './lanes.ts'
import { LargeMessages } from './large-messages.ts'
import { createOffload } from './offload.ts'
import { Outage } from './outage.ts'
import { QueueProvisioner } from './provisioner.ts'
import { proxyEnv } from './proxy-env.ts'
import { QueueNames } from './queue-names.ts'
import { SqsSender } from './sender.ts'
import { SharedQueues } from './shared-queues.ts'
import { sqsStatus } from './status.ts'
import { CONCURRENCY } from './turns.ts'
import { UnusedQueues } from './unused-queues.ts'

/** The transport, and its life cycle. */
export interface Sqs {
  readonly emitter: SqsEmitter
  /** Begins to send, with the events that an earlier run left pending. */
  start(): Promise<void>
  /** Creates the shared queues, in the background. */
  createSharedQueues(): void
  /** Compares the queues of earlier runs with new ones, a few in a second. Resolves at the end. Never rejects. */
  compareKnownQueues(): Promise<void>
  /** Deletes the queues of an instance that was removed, if unused queues are to be deleted. */
  instanceRemoved(instance: Instance): void
  /** Ends requests that wait for queues. */
  endRequests(): void
  /** Stops sending, after the calls under way, and closes connections. */
  close(): Promise<void>
}

/** Builds the parts of the transport. @throws {OptionsInvalidError} {EventUnknownError} */
export async function createSqs(
  options: SqsOptions,
  { eventLog, log, pace }: { eventLog: EventLog; log: FastifyBaseLogger; pace?: Pace }
): Promise<Sqs> {
  const { region, endpoint, credentials, accountId, global, dlqMaxReceives, s3 } = options
  const { concurrency, maxAttempts = 10, maxPayloadBytes = 1_048_576 } = options
  const maxConcurrency = concurrency ?? CONCURRENCY.max
  const { connectTimeoutMs = 3_000, requestTimeoutMs = 10_000, shutdownTimeoutMs = 10_000 } = options
  const { queueType: type = 'fifo', fairQueues = true } = options
  const { serverName = 'instance-events', deleteUnusedQueues = false, deleteUnusedAfterMs = 120_000 } = options
  const { catalogue, metrics, store } = eventLog
  const { deliveries } = store

  const { prefix = 'global', singleQueue = false, events = '*', unlessOwn = false } = global || {}
  const globalKeys = global ? (events === '*' ? catalogue.all : catalogue.resolve(events, 'global.events').keys) : []
  const keys = [...eventLog.allEvents.map(({ key }) => key), UNLISTED_KEY]
  const names = new QueueNames({ type, prefix, singleQueue, keys })

  // A host's own client may have only `send`.
  const own = options.client as SQSClient | undefined
  const client =
    own ??
    createSqsClient({
      region,
      endpoint,
      credentials,
      concurrency: maxConcurrency,
      connectTimeoutMs,
      requestTimeoutMs
    })
  const calls = new SqsCalls({ client, deadlineMs: requestTimeoutMs })
  const connections = new Connections({ max: maxConcurrency, connectTimeoutMs })
  // Node's own agent knows which hosts the environment excludes from its proxy.
  const post = proxyEnv(endpoint).proxyEnv ? postOf(client) : connections.post
  const service = sqsService(client, accountId)
  const kept = { store: store.queues, service: () => service }
  const provisioner = new QueueProvisioner({
    calls,
    type,
    accountId,
    dlqMaxReceives,
    attributes: options.queueAttributes,
    maxPayloadBytes,
    kept,
    log
  })
  const probe = () => sqsStatus(calls)
  const outage = new Outage()
  const breaker = new CircuitBreaker({ outage, probe })

  const abort = new AbortController()
  const { signal } = abort
  const offload = s3 && (await createOffload(s3))
  const buried = (notice: DeadLetterNotice) => eventLog.deadLetter(notice)
  const writer = new DeliveryWriter({ deliveries, metrics, log, signal, buried })
  const contentOf = (event: LaneEvent, queue: string): LaneEvent => {
    const { instance: name, instanceKey } = event
    const instance = eventLog.instances.get(name)
    const omit = instance?.key === instanceKey ? instance.selections.sqs?.omit : undefined
    const content = omit && queue === names.own(name, queueKey(event)) ? withoutOmitted(event, omit) : event
    return content === event ? event : { ...content, reduced: true }
  }
  const guard = (failure: string, work: () => void) => eventLog.guard(failure, work)
  const lanes = new Lanes({ deliveries, writer, contentOf, log, guard })
  const caller = new BatchCaller({
    client: new BatchClient({ calls, direct: own ? undefined : { client, post } }),
    address: () => sqsAddress(client),
    provisioner,
    specOf: (queue, event) => names.specOf(queue, { instance: event.instance, key: queueKey(event) }),
    breaker,
    probe,
    metrics,
    log,
    maySend: (lane) => lanes.maySend(lane),
    signal
  })
  const largeMessages = offload && new LargeMessages({ offload, store, serverName, contentOf, metrics, log, signal })
  const sender = new SqsSender({
    lanes,
    caller,
    breaker,
    writer,
    provisioner,
    largeMessages,
    entries: { type, fairQueues, serverName, contentOf },
    metrics,
    concurrency,
    maxAttempts,
    abort
  })
  const specs = globalKeys.length > 0 ? names.sharedSpecs(globalKeys) : []
  const sharedNames = new Set(names.sharedSpecs(keys).map(({ name }) => name))
  const knownQueues = new KnownQueues({
    kept,
    existing: new ExistingQueues({ calls, accountId }),
    differences: provisioner.differences,
    isDescribed: (name) => provisioner.url(name) !== undefined,
    kindOf: (name) => (sharedNames.has(name) ? 'shared' : 'own'),
    deadLetters: dlqMaxReceives !== undefined,
    deliveries,
    log,
    ...(pace && { pace })
  })
  const sharedQueues = new SharedQueues({ provisioner, specs, pattern: names.sharedPattern, log })
  const unused = deleteUnusedQueues
    ? new UnusedQueues({
        provisioner,
        deletions: store.queueDeletions ?? new LocalQueueDeletions(),
        deliveries,
        deadLetters: store.deadLetters,
        afterMs: deleteUnusedAfterMs,
        log
      })
    : undefined
  const instanceQueues = new InstanceQueues({
    names,
    catalogueOf: (name) => eventLog.catalogueOf(name),
    provisioner,
    selectionOf: (name) => eventLog.instances.get(name)?.selections.sqs,
    unused
  })
  const emitter = new SqsEmitter({
    eventLog,
    client,
    names,
    provisioner,
    instanceQueues,
    sharedQueues,
    sender,
    largeMessages,
    outage,
    mode: {
      queueType: type,
      fairQueues,
      global:
        globalKeys.length > 0 ? { prefix, singleQueue, events: globalKeys, unlisted: events === '*', unlessOwn } : null
    },
    probe
  })

  return {
    emitter,
    start: () => sender.start(),
    createSharedQueues: () => sharedQueues.start(),
    compareKnownQueues: () => knownQueues.compare(),
    instanceRemoved: ({ name, selections }) =>
      instanceQueues.deleteUnused(name, { before: selections.sqs, after: undefined }),
    endRequests: () => instanceQueues.close(),
    close: async () => {
      await Promise.all([sharedQueues.stop(), knownQueues.stop()])
      await sender.stop(shutdownTimeoutMs)
      await connections.close()
      if (!own) client.destroy()
      offload?.destroy()
    }
  }
}

/** Returns the event key in the names of an event's queues. */
function queueKey({ event, flags }: Pick<StoredEvent, 'event' | 'flags'>): string {
  return flags & UNLISTED ? UNLISTED_KEY : eventKey(event)
}
