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

/** The data of an event without the member that is added when it is emitted. */
export type OperatorEventData<Name extends OperatorEventName> = Omit<OperatorEventMap[Name], 'leftOut'>

export interface OperatorEventsOptions {
  /** Name of the operator's instance. */
  instance: string
  instances: InstanceDirectory
  /** Accepts an event of the operator's instance. */
  accept: (input: InstanceEventInput) => Promise<EmitResult>
  log: FastifyBaseLogger
  /** Milliseconds for the limits; must not go back. @default performance.now */
  now?: () => number
}

/** Marks the operator's instance, so that the instance of a tenant is never taken for it. */
const INTEGRATION = 'OPERATOR'
/** Events of one name that are emitted at once, and milliseconds after which one more is. */
const BURST = 20
const REFILL_MS = 10_000

const NAMES = Object.keys(operatorEventSchemas) as OperatorEventName[]

/** Emits what the operator must know as events of an instance that is reserved for it, so that a queue or a socket carries it. */
export class OperatorEvents {
  /** The events of this instance. No other instance has them. */
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

  /** Registers the instance, and returns it. @throws {OptionsInvalidError} an instance of this name exists, and is not the operator's */
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
   * Emits an event, unless there were too many of its name: these are counted in the next one. Never rejects.
   * @param id The event is emitted once, by whichever node is first. @default a new id
   */
  async emit<Name extends OperatorEventName>(event: Name, data: OperatorEventData<Name>, id?: string): Promise<void> {
    const { instance, accept } = this.#options
    // All names are in the map.
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
