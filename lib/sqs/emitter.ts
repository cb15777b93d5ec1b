import type { SQSClient } from '@aws-sdk/client-sqs'
import type { EmitResult, EventLog } from '../event-log/event-log.ts'
import type { Forgotten, Route, Transport } from '../event-log/transport.ts'
import type { WithData } from '../filters/parsed-data.ts'
import { type CatalogueEvent, UNLISTED_KEY } from '../events/catalogue.ts'
import type { StoredEvent } from '../events/event.ts'
import type { Instance, Selection } from '../instances/instance.ts'
import type { SelectionInput } from '../instances/directory.ts'
import { delivers, type SelectionRequest, type SetOptions } from '../instances/selections.ts'
import { TransportSelections } from '../instances/transport-selections.ts'
import type { Fault, QueueFault } from '../operation/fault.ts'
import type { Check } from '../operation/readiness.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import { sqsDestination, type SqsDestination } from './address.ts'
import { DeadLetters } from './dead-letters.ts'
import { faultsOf, type Holdup, type QueueHoldup } from './holdup.ts'
import { type InstanceQueue, type InstanceQueues, unlistedOf } from './instance-queues.ts'
import type { LargeMessages } from './large-messages.ts'
import type { DifferingQueues } from './new-queues.ts'
import type { QueueNames, QueueType } from './queue-names.ts'
import type { Outage } from './outage.ts'
import type { QueueProvisioner } from './provisioner.ts'
import type { SqsSender } from './sender.ts'
import type { SentCount } from './sent-count.ts'
import type { SharedQueues } from './shared-queues.ts'

/** A stored selection, and its queues. */
export interface SqsSelection {
  instance: Instance
  selection: Selection
  queues: InstanceQueue[]
  /** Names of the shared queues that receive the same events. */
  alsoSentTo: string[]
  /** Keys that were left out of the list, and why. */
  notes: string[]
}

/** A selection that is not stored yet, and its queues, which exist. */
export type PreparedSelection = Pick<SqsSelection, 'queues' | 'notes'> & { selection: SelectionInput }

/** What a node knows of a queue. */
export interface QueueActivity {
  /** Absent: it has accepted nothing since the start. */
  sent?: SentCount
  /** Absent: it is not held back. */
  holdup?: Holdup
}

/** The kind of the queues, and those that all instances share. */
export interface SqsMode {
  readonly queueType: QueueType
  /** True if messages in standard queues have a message group. */
  readonly fairQueues: boolean
  /** `null`: there are no shared queues. */
  readonly global: {
    readonly prefix: string
    readonly singleQueue: boolean
    readonly events: readonly string[]
    /** True if events that are not in the catalogue are sent there, too. */
    readonly unlisted: boolean
    /** True if an event that goes to a queue of its instance is left out of them. */
    readonly unlessOwn: boolean
  } | null
}

export interface SqsEmitterOptions {
  eventLog: EventLog
  client: SQSClient
  names: QueueNames
  provisioner: Pick<QueueProvisioner, 'differences'>
  instanceQueues: InstanceQueues
  sharedQueues: SharedQueues
  sender: SqsSender
  /** Absent: no message goes to S3. */
  largeMessages: LargeMessages | undefined
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
    const { instances, registration } = eventLog
    this.client = client
    this.deadLetters = new DeadLetters(eventLog.store.deadLetters)
    this.mode = mode
    this.#globalKeys = new Set(mode.global?.events)
    this.#options = options
    this.#selections = new TransportSelections({
      transport: 'sqs',
      instances,
      catalogueOf: (name) => eventLog.catalogueOf(name),
      registration
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
   * @throws as `prepare` @throws {InstanceNotFoundError} {TooManyInstancesError}
   */
  async set(instance: string, request: SelectionRequest, { prefix, onlyFor }: SetOptions = {}): Promise<SqsSelection> {
    return this.#selections.registering(instance, async () => {
      const before = this.#selections.get(instance)
      const { selection, queues, notes } = await this.prepare(instance, request, prefix)
      const stored = await this.#selections.store(instance, selection, onlyFor)
      this.#options.instanceQueues.deleteUnused(instance, { before, after: stored.instance.selections.sqs })
      return { ...stored, queues, alsoSentTo: this.alsoSentTo(instance), notes }
    })
  }

  /**
   * Creates the queues that a selection needs, and stores nothing. The queue of events that are not in the catalogue is
   * created when there is one to send.
   * @param prefix of the names of members in error messages, such as `sqs.`
   * @throws {EventUnknownError} {FilterInvalidError} {InstanceNameError} {QueueUnavailableError} {QueueUnusableError}
   */
  async prepare(instance: string, request: SelectionRequest, prefix?: string): Promise<PreparedSelection> {
    const { eventLog, instanceQueues } = this.#options
    const { selection, notes } = this.#selections.prepare(instance, request, prefix)
    const keys = selection.enabled ? selection.events : []
    await instanceQueues.keep(instance, keys)
    const queues = await instanceQueues.ensure(instance, eventLog.catalogueOf(instance).expand(keys))
    return { selection, queues: [...queues, ...(await instanceQueues.findUnlisted(instance, keys))], notes }
  }

  /** The stored selection; `null` if there never was one. @throws {InstanceNotFoundError} */
  find(instance: string): Selection | null {
    return this.#selections.find(instance)
  }

  /**
   * The instance's own queues for what is selected now.
   * @throws {InstanceNotFoundError} {QueueUnavailableError}
   */
  async queues(instance: string): Promise<InstanceQueue[]> {
    const selection = this.find(instance)
    if (!selection?.enabled) return []
    const unlisted = unlistedOf(this.#selections.get(instance)?.events)
    return this.#options.instanceQueues.find(instance, [...selection.events, ...unlisted])
  }

  /**
   * Names of the shared queues that receive the events of an instance's own queues, too: SQS is sent these events twice.
   * @throws {InstanceNotFoundError}
   */
  alsoSentTo(instance: string): string[] {
    const { names, mode } = this.#options
    const selection = this.find(instance)
    if (!selection?.enabled || mode.global?.unlessOwn) return []
    const listed = selection.events.filter((key) => this.#globalKeys.has(key))
    const unlisted = mode.global?.unlisted ? unlistedOf(this.#selections.get(instance)?.events) : []
    return [...new Set([...listed, ...unlisted].map((key) => names.shared(key)))]
  }

  /** Existing queues whose attributes differ from those of new queues, of those that were read from SQS since the start. */
  get differingQueues(): DifferingQueues {
    return this.#options.provisioner.differences.summary
  }

  /** What this node knows of queues: what they have accepted since the start, and why they are held back. */
  queueActivity(): Map<string, QueueActivity> {
    const queues = new Map<string, QueueActivity>(this.#options.sender.sent().map(([queue, sent]) => [queue, { sent }]))
    for (const holdup of this.#holdups()) {
      const known = queues.get(holdup.queue)
      // The one that has lasted longest.
      if (!known?.holdup || holdup.since < known.holdup.since) queues.set(holdup.queue, { ...known, holdup })
    }
    return queues
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
    const own = instance && delivers(instance.selections.sqs, event, content) ? [names.own(instance.name, key)] : []
    const isShared = event.unlisted ? mode.global?.unlisted : this.#globalKeys.has(key)
    if (!isShared || (mode.global?.unlessOwn && own.length > 0)) return { queues: own }
    return { queues: [names.shared(key), ...own] }
  }

  /** Where events are sent. Never rejects. */
  destination(): Promise<SqsDestination> {
    return sqsDestination(this.client)
  }

  async forget(events: readonly StoredEvent[]): Promise<Forgotten> {
    return (await this.#options.largeMessages?.forget(events)) ?? { events: 0, objects: 0, failed: [] }
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
