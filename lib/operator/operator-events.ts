import type { FastifyBaseLogger } from 'fastify'
import { OptionsInvalidError } from '../errors.ts'
import type { EmitResult } from '../event-log/event-log.ts'
import { EventCatalogue } from '../events/catalogue.ts'
import { instanceNameFault } from '../instances/name.ts'
import type { InstanceDirectory } from '../instances/directory.ts'
import type { Instance } from '../instances/instance.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import { type OperatorEventMap, operatorEventSchemas } from '../schemas/events/operator.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import { TokenBucket } from './token-bucket.ts'

export type OperatorEventName = keyof OperatorEventMap

/** The data of an event without `leftOut`, which `emit` adds. */
export type OperatorEventData<Name extends OperatorEventName> = Omit<OperatorEventMap[Name], 'leftOut'>

export interface OperatorEventsOptions {
  /** Name of the operator's instance. */
  instance: string
  instances: InstanceDirectory
  /** Accepts an event of the operator's instance. */
  accept: (input: InstanceEventInput) => Promise<EmitResult>
  log: FastifyBaseLogger
  /** Monotonic clock of the rate limits, in milliseconds. @default performance.now */
  now?: () => number
}

/** `integration` of the operator's instance, which tells it from another instance of the same name. */
const INTEGRATION = 'OPERATOR'
/** Rate limit for each name: events at once, and milliseconds until one more. */
const BURST = 20
const REFILL_MS = 10_000

const NAMES = Object.keys(operatorEventSchemas) as OperatorEventName[]

/** Emits events of the operator's instance, which report silent instances, dead letters and faults to queues and sockets. */
export class OperatorEvents {
  /** Catalogue of this instance. No other instance has these events. */
  readonly catalogue = new EventCatalogue({ names: NAMES, replace: true })
  /** Name of the instance. */
  readonly instance: string
  readonly #options: OperatorEventsOptions
  readonly #quiet: QuietLog
  readonly #kinds: Map<OperatorEventName, { bucket: TokenBucket; leftOut: number }>

  constructor(options: OperatorEventsOptions) {
    const { instance, log, now } = options
    this.instance = instance
    this.#options = options
    this.#quiet = new QuietLog(log)
    const bucket = () => new TokenBucket({ size: BURST, refillMs: REFILL_MS, ...(now && { now }) })
    this.#kinds = new Map(NAMES.map((name) => [name, { bucket: bucket(), leftOut: 0 }]))
  }

  /** Registers the instance and returns it. @throws {OptionsInvalidError} another instance has this name */
  async prepare(): Promise<Instance> {
    const { instance, instances } = this.#options
    const fault = instanceNameFault(instance)
    if (fault !== undefined) throw new OptionsInvalidError(`operatorInstance: ${fault}`)
    const registered = await instances.register(instance, INTEGRATION)
    if (registered.integration !== INTEGRATION)
      throw new OptionsInvalidError(
        `operatorInstance: there is an instance "${instance}" already; choose another name, or delete that instance first`
      )
    return registered
  }

  /**
   * Emits an event. Above the rate limit of its name the event is dropped, and counted in `leftOut` of the next one. Never rejects.
   * @param id id of the event: nodes that use the same one emit the event once @default a new id
   */
  async emit<Name extends OperatorEventName>(event: Name, data: OperatorEventData<Name>, id?: string): Promise<void> {
    const { instance, accept } = this.#options
    // The map has all names.
    const kind = this.#kinds.get(event) as { bucket: TokenBucket; leftOut: number }
    if (!kind.bucket.take()) {
      kind.leftOut++
      return
    }
    const { leftOut } = kind
    kind.leftOut = 0
    try {
      const { duplicate } = await accept({
        instance,
        event,
        data: { ...data, leftOut },
        ...(id !== undefined && { id })
      })
      if (duplicate) kind.leftOut += leftOut
    } catch (error) {
      kind.leftOut += leftOut + 1
      this.#quiet.warn(event, { err: error, event }, "An event of the operator's instance was not accepted")
    }
  }
}
