import type { SQSClient } from '@aws-sdk/client-sqs'
import type { EmitResult, EventLog } from '../event-log/event-log.ts'
import type { Route, Transport } from '../event-log/transport.ts'
import type { WithData } from '../filters/parsed-data.ts'
import { type CatalogueEvent, selectsAll, UNLISTED_KEY } from '../events/catalogue.ts'
import type { Instance, Selection } from '../instances/instance.ts'
import type { SelectionInput } from '../instances/directory.ts'
import { delivers, type SelectionRequest } from '../instances/selections.ts'
import { TransportSelections } from '../instances/transport-selections.ts'
import type { Fault, QueueFault } from '../operation/fault.ts'
import type { Check } from '../operation/readiness.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import { DeadLetters } from './dead-letters.ts'
import { faultsOf, type QueueHoldup } from './holdup.ts'
import type { InstanceQueue, InstanceQueues } from './instance-queues.ts'
import type { QueueNames, QueueType } from './queue-names.ts'
import type { Outage } from './outage.ts'
import type { SqsSender } from './sender.ts'
import type { SharedQueues } from './shared-queues.ts'

/** A stored selection, and its queues. */
export interface SqsSelection {
  instance: Instance
  selection: Selection
  queues: InstanceQueue[]
  /** Keys that were left out of the list, and why. */
  notes: string[]
}

/** A selection that is not stored yet, and its queues, which exist. */
export type PreparedSelection = Pick<SqsSelection, 'queues' | 'notes'> & { selection: SelectionInput }

/** The kind of the queues, and those that all instances share. */
export interface SqsMode {
  readonly queueType: QueueType
  /** `null`: there are no shared queues. */
  readonly global: {
    readonly prefix: string
    readonly singleQueue: boolean
    readonly events: readonly string[]
    /** True if events that are not in the catalogue are sent there, too. */
    readonly unlisted: boolean
  } | null
}

export interface SqsEmitterOptions {
  eventLog: EventLog
  client: SQSClient
  names: QueueNames
  instanceQueues: InstanceQueues
  sharedQueues: SharedQueues
  sender: SqsSender
  outage: Outage
  mode: SqsMode
  /** Asks SQS whether it answers and accepts the credentials. */
  probe: () => Promise<Check>
}

/** `fastify.sqs`: accepts events for Amazon SQS, and manages the selections and queues of instances. */
export class SqsEmitter implements Transport {
  readonly name = 'sqs'
  /** For calls of your own, with the plugin's region, endpoint and credentials. */
  readonly client: SQSClient
  /** Deliveries that were given up on. */
  readonly deadLetters: DeadLetters
  readonly mode: SqsMode
  readonly #options: SqsEmitterOptions
  readonly #selections: TransportSelections
  /** Event keys that go to the shared queues. */
  readonly #globalKeys: ReadonlySet<string>

  constructor(options: SqsEmitterOptions) {
    const { eventLog, client, mode } = options
    const { instances, autoRegister } = eventLog
    this.client = client
    this.deadLetters = new DeadLetters(eventLog.store.deadLetters)
    this.mode = mode
    this.#globalKeys = new Set(mode.global?.events)
    this.#options = options
    this.#selections = new TransportSelections({
      transport: 'sqs',
      instances,
      catalogueOf: (name) => eventLog.catalogueOf(name),
      autoRegister
    })
  }

  /**
   * Accepts an event for SQS alone. Once resolved it is durable: it is sent as soon as SQS accepts it, also after a restart.
   * @throws as `EventLog.accept`
   */
  emit(input: InstanceEventInput): Promise<EmitResult> {
    return this.#options.eventLog.accept(input, { only: this.name })
  }

  /**
   * Selects events of an instance. When it resolves, their queues exist.
   * @throws as `prepare` @throws {InstanceNotFoundError}
   */
  async set(instance: string, request: SelectionRequest, prefix?: string): Promise<SqsSelection> {
    const { eventLog, instanceQueues } = this.#options
    // Before queues are created for it.
    if (!eventLog.autoRegister) eventLog.instances.require(instance)
    const before = this.#selections.get(instance)
    const { selection, queues, notes } = await this.prepare(instance, request, prefix)
    const stored = await this.#selections.store(instance, selection)
    instanceQueues.deleteUnused(instance, { before, after: stored.instance.selections.sqs })
    return { ...stored, queues, notes }
  }

  /**
   * Creates the queues that a selection needs, and stores nothing.
   * @param prefix of the names of members in error messages, such as `sqs.`
   * @throws {EventUnknownError} {FilterInvalidError} {InstanceNameError} {QueueUnavailableError} {QueueUnusableError}
   */
  async prepare(instance: string, request: SelectionRequest, prefix?: string): Promise<PreparedSelection> {
    const { selection, notes } = this.#selections.prepare(instance, request, prefix)
    const queues = await this.#options.instanceQueues.ensure(
      instance,
      selection.enabled ? this.#options.eventLog.catalogueOf(instance).expand(selection.events) : []
    )
    return { selection, queues, notes }
  }

  /** The stored selection; `null` if there never was one. @throws {InstanceNotFoundError} */
  find(instance: string): Selection | null {
    return this.#selections.find(instance)
  }

  /**
   * The instance's own queues for what is selected now; `url` is `null` for one that SQS does not have.
   * @throws {InstanceNotFoundError} {QueueUnavailableError}
   */
  async queues(instance: string): Promise<(Omit<InstanceQueue, 'url'> & { url: string | null })[]> {
    const { instanceQueues } = this.#options
    const selection = this.find(instance)
    if (!selection?.enabled) return []
    const queues = await instanceQueues.find(instance, selection.events)
    if (!selectsAll(this.#selections.get(instance)?.events)) return queues
    // This queue exists once the first unlisted event was sent.
    const unlisted = await instanceQueues.find(instance, [UNLISTED_KEY])
    return [...queues, ...unlisted.filter(({ url }) => url !== null)]
  }

  /** Reasons why pending events do not leave, or shared queues are missing: one for each code, with its queues. */
  faults(): Fault[] {
    return faultsOf(this.#holdups())
  }

  queueFaults(except: string): QueueFault[] {
    const { eventLog, names } = this.#options
    const own = new Set(eventLog.catalogueOf(except).events.map(({ key }) => names.own(except, key)))
    return faultsOf(this.#holdups().filter(({ queue }) => !own.has(queue)))
  }

  plan(event: CatalogueEvent, instance: Instance | undefined, content: WithData): Route {
    const { names, mode } = this.#options
    const key = event.unlisted ? UNLISTED_KEY : event.key
    const queues: string[] = []
    if (event.unlisted ? mode.global?.unlisted : this.#globalKeys.has(key)) queues.push(names.shared(key))
    if (instance && delivers(instance.selections.sqs, event, content)) queues.push(names.own(instance.name, key))
    return { queues }
  }

  /** Asks SQS whether it answers and accepts the credentials. */
  status(): Promise<Check> {
    return this.#options.probe()
  }

  /** The failure of all recent calls, if SQS as a whole fails. */
  get outage(): Check | undefined {
    const outage = this.#options.outage.failure
    return outage && { ok: false, code: outage.code, message: outage.message }
  }

  #holdups(): QueueHoldup[] {
    const { outage, sender, sharedQueues } = this.#options
    const missing = sharedQueues.holdups().map(({ queue, ...own }) => ({ queue, ...own, ...outage.holdupOf(own) }))
    return [...sender.holdups(), ...missing]
  }
}
