import type { FastifyBaseLogger } from 'fastify'
import type { EventCatalogue } from '../events/catalogue.ts'
import type { EventStore } from '../store/event-store.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { NormaliseOptions } from './normalise.ts'
import type { RateName } from './rate-limits.ts'

export interface EventLogInit extends Omit<NormaliseOptions, 'catalogueOf'> {
  /** The events of all instances but the operator's. */
  catalogue: EventCatalogue
  store: EventStore
  metrics: Metrics
  log: FastifyBaseLogger
  /** True if an event of an unknown instance registers it. */
  autoRegister: boolean
  /** Number of instances from which on unknown ones are not registered. */
  autoRegisterMax: number
  /** Rates of instances without their own; 0: unlimited. */
  rates: Readonly<Record<RateName, number>>
  /** Bytes of the log that events of instances without their own limit may take; 0: unlimited. */
  retainedBytes: number
  /** True if an event that no transport selects is logged. */
  logUnselected: boolean
  /** Minutes without an event after which an instance is silent; 0: never. */
  silenceAfterMinutes: number
  /** Different wrong keys that one address may try in a minute. */
  wrongKeysPerMinute: number
  /** Name of the instance that is reserved for the operator; `undefined`: there is none. */
  operatorInstance: string | undefined
}
