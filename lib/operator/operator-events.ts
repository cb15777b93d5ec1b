import type { FastifyBaseLogger } from 'fastify'
import { OptionsInvalidError } from '../errors.ts'
import type { EmitResult } from '../event-log/event-log.ts'
import { EventCatalogue } from '../events/catalogue.ts'
import { assertNewName } from '../instances/name.ts'
import type { InstanceDirectory } from '../instances/directory.ts'
import type { Instance } from '../instances/instance.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import { type OperatorEventMap, operatorEventSchemas } from '../schemas/events/operator.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import { TokenBucket } from './token-bucket.ts'

/** The rate limits of a name, and the events that were dropped since the last one. */
interface Kind {
  readonly bucket: TokenBucket
  readonly byInstance: Map<string, TokenBucket>
  leftOut: number
}

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
/** Of them, those about one instance: it must not hide what happens to others. */
const BURST_OF_INSTANCE = 3
const REFILL_OF_INSTANCE_MS = 60_000
/** Instances whose limits are remembered for each name. */
const MAX_INSTANCES = 1_000

const NAMES = Object.keys(operatorEventSchemas) as OperatorEventName[]

/** Emits events of the operator's instance, which report silent instances, dead letters and faults to queues and sockets. */
export class OperatorEvents {
  /** Catalogue of this instance. No other instance has these events. */
  readonly catalogue = new EventCatalogue({ names: NAMES, replace: true })
  /** Name of the instance. */
  readonly instance: string
  readonly #options: OperatorEventsOptions
  readonly #quiet: QuietLog
  readonly #kinds: Map<OperatorEventName, Kind>

  constructor(options: OperatorEventsOptions) {
    const { instance, log } = options
    this.instance = instance
    this.#options = options
    this.#quiet = new QuietLog(log)
    this.#kinds = new Map(
      NAMES.map((name) => [name, { bucket: this.#bucket(BURST, REFILL_MS), byInstance: new Map(), leftOut: 0 }])
    )
  }

  /** Registers the instance and returns it. @throws {OptionsInvalidError} another instance has this name */
  async prepare(): Promise<Instance> {
    const { instance, instances } = this.#options
    if (!instances.get(instance)) assertOperatorName(instance)
    const registered = await instances.register(instance, INTEGRATION)
    if (registered.integration !== INTEGRATION)
      throw new OptionsInvalidError(
        `operatorInstance: there is an instance "${instance}" already; choose another name, or delete that instance first`
      )
    return registered
  }

  /**
   * Emits an event. Above the rate limit of its name, or of the instance that it is about, the event is dropped, and counted
   * in `leftOut` of the next one. Never rejects.
   * @param id id of the event: nodes that use the same one emit the event once @default a new id
   */
  async emit<Name extends OperatorEventName>(event: Name, data: OperatorEventData<Name>, id?: string): Promise<void> {
    const { instance, accept } = this.#options
    // The map has all names.
    const kind = this.#kinds.get(event) as Kind
    const about = 'instance' in data ? this.#bucketOf(kind, String(data.instance)) : undefined
    if (about?.take() === false || !kind.bucket.take()) {
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

  #bucketOf({ byInstance }: Kind, instance: string): TokenBucket {
    const known = byInstance.get(instance)
    if (known) return known
    const bucket = this.#bucket(BURST_OF_INSTANCE, REFILL_OF_INSTANCE_MS)
    const [oldest] = byInstance.keys()
    if (oldest !== undefined && byInstance.size >= MAX_INSTANCES) byInstance.delete(oldest)
    byInstance.set(instance, bucket)
    return bucket
  }

  #bucket(size: number, refillMs: number): TokenBucket {
    const { now } = this.#options
    return new TokenBucket({ size, refillMs, ...(now && { now }) })
  }
}

/** @throws {OptionsInvalidError} */
function assertOperatorName(name: string): void {
  try {
    assertNewName(name)
  } catch (cause) {
    throw new OptionsInvalidError(`operatorInstance: ${(cause as Error).message}`, { cause })
  }
}
