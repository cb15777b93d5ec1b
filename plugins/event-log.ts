import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { addActivityGauges } from '../lib/activity/gauges.ts'
import { Rounds } from '../lib/activity/rounds.ts'
import { AlreadyRegisteredError } from '../lib/errors.ts'
import { EventLog } from '../lib/event-log/event-log.ts'
import { EventCatalogue } from '../lib/events/catalogue.ts'
import { startOperator } from '../lib/operator/start-operator.ts'
import { Metrics } from '../lib/telemetry/metrics.ts'
import { addNodeGauges } from '../lib/operation/node-gauges.ts'
import { EventLogOptions } from '../lib/schemas/options/event-log.ts'
import { optionsChecker } from '../lib/schemas/options/checker.ts'
import { openStore } from '../lib/store/open.ts'
import { Retention } from '../lib/store/retention.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The event log: instances and their selections, and the durable, ordered store of accepted events. */
    eventLog: EventLog
  }
}

export type { EventLog, EventLogOptions }

/** Milliseconds between two checks for silences and faults. */
const LOOK_MS = 5_000

const checkOptions = optionsChecker('event-log', EventLogOptions)

const eventLogPlugin: FastifyPluginAsync<EventLogOptions> = async (fastify, options) => {
  if (fastify.hasDecorator('eventLog')) throw new AlreadyRegisteredError('event-log', 'eventLog')
  const {
    url,
    maxPendingDeliveries,
    retentionHours = 24,
    retentionMaxBytes = 10 * 1024 ** 3,
    ...rest
  } = checkOptions(options)
  const log = fastify.log.child({ component: 'event-log' })
  const catalogue = new EventCatalogue(rest.events)
  const metrics = new Metrics()
  const store =
    rest.store ??
    (await openStore({
      onCommit: ({ operations, seconds }) => {
        metrics.commitOperations.observe(operations)
        metrics.commitSeconds.observe(seconds)
      },
      onDamage: ({ reason, offset }) => {
        const message = 'The database file is damaged: events that cannot be read are left out'
        log.error({ reason, ...(offset !== undefined && { offset }) }, message)
      },
      onUpgrade: (progress) => {
        log.info(progress, 'The database file of an older release is being upgraded')
      },
      onRisk: (risk) => log.warn(`PostgreSQL: ${risk}`),
      onConnection: (error) => {
        if (error) log.warn({ err: error }, 'PostgreSQL is not available: events are refused until it is back')
        else log.info('PostgreSQL is available again')
      },
      ...(url !== undefined && { url }),
      ...(maxPendingDeliveries !== undefined && { maxPendingDeliveries })
    }))
  const eventLog = new EventLog({
    store,
    log,
    catalogue,
    metrics,
    serverUrl: rest.serverUrl ?? '',
    exposeApiKey: rest.exposeApiKey ?? false,
    autoRegister: rest.autoRegister ?? true,
    autoRegisterMax: rest.autoRegisterMax ?? 100_000,
    rates: {
      eventsPerSecond: rest.instanceEventsPerSecond ?? 0,
      bytesPerSecond: rest.instanceBytesPerSecond ?? 0
    },
    retainedBytes: rest.instanceRetainedBytes ?? 0,
    logUnselected: rest.logUnselected ?? true,
    silenceAfterMinutes: rest.silenceAfterMinutes ?? 0,
    wrongKeysPerMinute: rest.wrongKeysPerMinute ?? 20,
    operatorInstance: rest.operatorInstance
  })
  const retention = new Retention({ logStore: store.log, log, hours: retentionHours, maxBytes: retentionMaxBytes })
  metrics.gauge('iev_store_instances', 'Registered instances', () => eventLog.instances.size)
  metrics.gauge('iev_store_damaged_events', 'Stored events that are damaged and left out of what is read', () =>
    store.log.damagedEvents()
  )
  const { activities, silences, operator } = eventLog
  const faultEvents = operator && (await startOperator(eventLog, operator))
  addActivityGauges(metrics, eventLog)
  const rounds = new Rounds({
    watchers: [...(faultEvents ? [faultEvents] : []), silences],
    restMs: LOOK_MS,
    log,
    failure: 'The check for silent instances and faults failed, trying again'
  })
  addNodeGauges(metrics, store)
  fastify.decorate('eventLog', eventLog)

  fastify.addHook('onReady', async () => {
    retention.start()
    activities.start()
    rounds.start()
  })
  fastify.addHook('preClose', async () => eventLog.stopIntake())
  fastify.addHook('onClose', async () => {
    await retention.stop()
    await rounds.stop()
    await activities.stop()
    if (!rest.store) await store.close()
  })
}

export default fp(eventLogPlugin, { name: 'fastify-instance-events/event-log', fastify: '5.x' })
