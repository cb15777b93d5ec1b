import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { AlreadyRegisteredError } from '../lib/errors.ts'
import { EventLog } from '../lib/event-log.ts'
import { EventCatalogue } from '../lib/events.ts'
import { EventStoreOptions, optionsChecker } from '../lib/schemas/options.ts'
import { openStore } from '../lib/store/open.ts'
import { Retention } from '../lib/store/retention.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The event log: instances and their selections, and the durable, ordered store of accepted events. */
    eventStore: EventLog
  }
}

export type { EventStoreOptions }

const checkOptions = optionsChecker('event-store', EventStoreOptions)

const eventStorePlugin: FastifyPluginAsync<EventStoreOptions> = async (fastify, options) => {
  if (fastify.hasDecorator('eventStore')) throw new AlreadyRegisteredError('event-store', 'eventStore')
  const {
    url,
    maxPendingDeliveries,
    retentionHours = 24,
    retentionMaxBytes = 10 * 1024 ** 3,
    ...rest
  } = checkOptions(options)
  const log = fastify.log.child({ component: 'event-store' })
  const catalogue = new EventCatalogue(rest.events)
  const store =
    rest.store ??
    (await openStore({
      ...(url !== undefined && { url }),
      ...(maxPendingDeliveries !== undefined && { maxPendingDeliveries })
    }))
  const eventLog = new EventLog({
    store,
    log,
    catalogue,
    serverUrl: rest.serverUrl ?? '',
    exposeApiKey: rest.exposeApiKey ?? false,
    autoRegister: rest.autoRegister ?? true,
    logUnselected: rest.logUnselected ?? true
  })
  const retention = new Retention({ store, log, hours: retentionHours, maxBytes: retentionMaxBytes })
  fastify.decorate('eventStore', eventLog)

  fastify.addHook('onReady', async () => retention.start())
  fastify.addHook('preClose', async () => eventLog.stopIntake())
  fastify.addHook('onClose', async () => {
    await retention.stop()
    eventLog.detachAll()
    if (!rest.store) await store.close()
  })
}

export default fp(eventStorePlugin, { name: 'event-store', fastify: '5.x' })
