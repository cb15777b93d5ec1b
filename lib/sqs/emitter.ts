import type { SQSClient } from '@aws-sdk/client-sqs'
import type { FastifyBaseLogger } from 'fastify'
import type { EmitResult, EventLog, Route, Transport } from '../event-log/event-log.ts'
import type { CatalogueEvent } from '../events/catalogue.ts'
import { ClosingError } from '../errors.ts'
import { assertInstanceName } from '../instances/name.ts'
import type { Fault } from '../operation/fault.ts'
import type { Check } from '../operation/readiness.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import { resolveSelection, selects, type SelectionRequest } from '../instances/selections.ts'
import type { SelectionInput } from '../instances/memory-directory.ts'
import type { Instance, Selection } from '../instances/instance.ts'
import type { SqsCalls } from './calls.ts'
import { DeadLetters } from './dead-letters.ts'
import { ensureAll } from './ensure-many.ts'
import { faultsOf } from './holdup.ts'
import { Limiter } from './limiter.ts'
import type { QueueProvisioner } from './provisioner.ts'
import type { QueueNames, QueueType } from './queue-names.ts'
import type { SqsSender } from './sender.ts'
import type { SharedQueues } from './shared-queues.ts'
import { sqsStatus } from './status.ts'

export interface InstanceQueue {
  event: string
  name: string
  url: string
}

export interface SqsSelection {
  instance: Instance
  selection: Selection
  queues: InstanceQueue[]
  /** What was left out of the list, and why. */
  notes: string[]
}

export type PreparedSelection = Pick<SqsSelection, 'queues' | 'notes'> & { selection: SelectionInput }

/** Which queues there are. */
export interface SqsMode {
  readonly queueType: QueueType
  /** The queues that all instances share; `null` without any. */
  readonly global: { readonly prefix: string; readonly singleQueue: boolean; readonly events: readonly string[] } | null
}

/** A request that makes queues answers within this time: before the proxies and clients that wait for it give up. */
const ENSURE_TIMEOUT_MS = 25_000
/** Queues that are looked up, made or deleted at once, for all requests: the client has more sockets than these need. */
const QUEUES_AT_ONCE = 8

export interface SqsEmitterOptions {
  eventLog: EventLog
  client: SQSClient
  calls: SqsCalls
  names: QueueNames
  provisioner: QueueProvisioner
  sharedQueues: SharedQueues
  sender: SqsSender
  log: FastifyBaseLogger
  mode: SqsMode
  deleteUnusedQueues: boolean
}

/** `fastify.sqs`: the way of events into Amazon SQS. */
export class SqsEmitter implements Transport {
  readonly name = 'sqs'
  /** For calls of your own, with the plugin's region, endpoint and credentials. */
  readonly client: SQSClient
  /** What was given up on. */
  readonly deadLetters: DeadLetters
  readonly mode: SqsMode
  readonly #options: SqsEmitterOptions
  readonly #limiter = new Limiter(QUEUES_AT_ONCE)
  readonly #closing = new AbortController()
  /** Keys that go to the shared queues. */
  readonly #globalKeys: ReadonlySet<string>

  constructor(options: SqsEmitterOptions) {
    this.client = options.client
    this.deadLetters = new DeadLetters(options.eventLog.store)
    this.mode = options.mode
    this.#globalKeys = new Set(options.mode.global?.events)
    this.#options = options
  }

  /**
   * Accepts an event for SQS alone. Resolved means durable: it is sent as soon as SQS takes it, also after a restart.
   * @throws as `EventLog.accept`
   */
  emit(input: InstanceEventInput): Promise<EmitResult> {
    return this.#options.eventLog.accept(input, 'sqs')
  }

  /**
   * Selects events of an instance. When it resolves, their queues exist.
   * @throws as `prepare` @throws {InstanceNotFoundError}
   */
  async set(instance: string, request: SelectionRequest, field?: string): Promise<SqsSelection> {
    const { instances, autoRegister } = this.#options.eventLog
    if (!autoRegister) instances.require(instance)
    const before = instances.get(instance)?.selections.sqs
    const { selection, queues, notes } = await this.prepare(instance, request, field)
    const after = await instances.setSelection(instance, 'sqs', selection, { register: autoRegister })
    this.#deleteUnused(instance, before, after.selections.sqs)
    // It has just been stored.
    return { instance: after, selection: after.selections.sqs as Selection, queues, notes }
  }

  /**
   * Makes the queues that a selection needs, and stores nothing.
   * @param field how messages call the list of keys
   * @throws {EventUnknownError} {InstanceNameError} {QueueUnavailableError} {QueueUnusableError}
   */
  async prepare(instance: string, request: SelectionRequest, field = 'events'): Promise<PreparedSelection> {
    assertInstanceName(instance)
    const { eventLog, names, provisioner } = this.#options
    const stored = eventLog.instances.get(instance)?.selections.sqs
    const { enabled, events, notes } = resolveSelection(eventLog.catalogue, request, { stored, field })
    const specs = (enabled ? events : []).map((event) => ({ name: names.own(instance, event), instance, event }))
    const urls = await ensureAll(provisioner, specs, {
      timeoutMs: ENSURE_TIMEOUT_MS,
      limiter: this.#limiter,
      signal: this.#closing.signal
    })
    const queues = specs.map(({ name, event }, index) => ({ event, name, url: urls[index] as string }))
    return { selection: { enabled, events }, queues, notes }
  }

  /** The stored selection; `null` if there never was one. @throws {InstanceNotFoundError} */
  find(instance: string): Selection | null {
    return this.#options.eventLog.instances.require(instance).selections.sqs ?? null
  }

  /**
   * The instance's own queues by what is selected now; `url` is `null` for one that SQS does not have.
   * @throws {InstanceNotFoundError} {QueueUnavailableError}
   */
  async queues(instance: string): Promise<(Omit<InstanceQueue, 'url'> & { url: string | null })[]> {
    const selection = this.find(instance)
    const { names, provisioner } = this.#options
    const queues = (selection?.enabled ? selection.events : []).map((event) => ({
      event,
      name: names.own(instance, event)
    }))
    const urls = await Promise.all(queues.map(({ name }) => this.#limiter.run(() => provisioner.find(name))))
    return queues.map((queue, index) => ({ ...queue, url: urls[index] ?? null }))
  }

  /** Ends requests that wait for queues. @internal */
  stopMaking(): void {
    this.#closing.abort(new ClosingError())
  }

  /** Why pending events do not leave, or shared queues are missing: each code once, with the queues that it holds back. */
  faults(): Fault[] {
    const { sender, sharedQueues } = this.#options
    return faultsOf([...sender.holdups(), ...sharedQueues.holdups()])
  }

  plan({ key }: CatalogueEvent, instance: Instance | undefined): Route {
    const queues: string[] = []
    if (this.#globalKeys.has(key)) queues.push(this.#options.names.shared(key))
    if (instance && selects(instance.selections.sqs, key)) queues.push(this.#options.names.own(instance.name, key))
    return { queues }
  }

  /** Whether SQS answers and takes our credentials: asks it. */
  status(): Promise<Check> {
    return sqsStatus(this.#options.calls)
  }

  /** What came back to all that was sent lately, if SQS as a whole fails. */
  get outage(): Check | undefined {
    const { outage } = this.#options.sender
    return outage && { ok: false, code: outage.code, message: outage.message }
  }

  #deleteUnused(instance: string, before: Selection | undefined, after: Selection | undefined): void {
    if (!this.#options.deleteUnusedQueues) return
    const { provisioner, sender, names, log } = this.#options
    for (const key of before?.events ?? []) {
      const queue = names.own(instance, key)
      if (selects(after, key) || sender.hasPending(queue)) continue
      void this.#limiter
        .run(() => provisioner.deleteUnused(queue))
        .then((deleted) => {
          if (deleted) log.info({ queue }, 'An unused queue was deleted')
        })
    }
  }

  /** The instance is gone: so are its queues, if they are to be deleted. */
  removed({ name, selections }: Instance): void {
    this.#deleteUnused(name, selections.sqs, undefined)
  }
}
