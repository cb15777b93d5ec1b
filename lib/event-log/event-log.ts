import { Activities } from '../activity/activities.ts'
import { Silences } from '../activity/silences.ts'
import { Erasure } from '../erasure/erasure.ts'
import { ClosingError, OperatorInstanceError, OptionsInvalidError } from '../errors.ts'
import type { CatalogueEvent, EventCatalogue } from '../events/catalogue.ts'
import type { NewEvent } from '../events/event.ts'
import { AutoRegistration } from '../instances/auto-registration.ts'
import type { InstanceChange, InstanceDirectory } from '../instances/directory.ts'
import type { TransportName } from '../instances/instance.ts'
import { limitWrongKeys } from '../instances/limit-wrong-keys.ts'
import type { WrongKeys } from '../instances/wrong-keys.ts'
import type { Fault, QueueFault } from '../operation/fault.ts'
import { OperatorEvents } from '../operator/operator-events.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import type { EventStore } from '../store/event-store.ts'
import type { AppendResult } from '../store/log-store.ts'
import { acceptChannel, type DeadLetterNotice } from '../telemetry/channels.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { observeAccept } from '../telemetry/observe-accept.ts'
import type { EventLogInit } from './event-log-init.ts'
import { IntakeCounts, type IntakeError } from './intake-counts.ts'
import { IntakeLimits } from './intake-limits.ts'
import { normaliseEvents, type NormalEvent, type NormaliseOptions } from './normalise.ts'
import { PendingAge } from './pending-age.ts'
import { type Planned, Planner, type PlanOptions } from './planner.ts'
import type { RateName } from './rate-limits.ts'
import { Refusals } from './refusals.ts'
import type { Transport } from './transport.ts'

/** Options of `EventLog.accept`. */
export interface AcceptOptions {
  /** The only transport that may deliver the events. @default all */
  only?: TransportName
  /** True to accept events that are not in the catalogue, for the log and selections of "all". @default false */
  unlisted?: boolean
  /** Key of the only instance that the events are for: none is registered for them, nor is another one with the name theirs. */
  onlyFor?: number | undefined
}

/** The id and offset of an accepted event; of the earlier one if the instance had this id already (`duplicate`). */
export type EmitResult = AppendResult

/**
 * The event log as plugins see it: the store, the catalogue, and the one way in. An event is checked and serialised once,
 * each attached transport plans where it goes, and one append makes all of that durable. Transports read what they deliver
 * from the store: sockets follow the log, SQS its lanes.
 */
export class EventLog {
  readonly store: EventStore
  readonly catalogue: EventCatalogue
  readonly registration: AutoRegistration
  readonly metrics: Metrics
  /** Events that were refused recently. */
  readonly refusals = new Refusals()
  readonly pendingAge: PendingAge
  /** What each instance has sent lately. */
  readonly activities: Activities
  /** Erases what events say. */
  readonly erasure: Erasure
  /** Finds silent instances. */
  readonly silences: Silences
  /** Emits the events of the operator's instance; `undefined` without one. */
  readonly operator: OperatorEvents | undefined
  /** The wrong keys of each address, over HTTP and of sockets. */
  readonly wrongKeys: WrongKeys
  /** Faults for `GET /overview` of parts of the process that neither the log nor a transport knows. */
  readonly otherFaults: (() => Fault | undefined)[] = []
  readonly #options: EventLogInit
  readonly #normalising: NormaliseOptions
  readonly #counts: IntakeCounts
  readonly #limits: IntakeLimits
  readonly #transports = new Map<TransportName, Transport>()
  readonly #planner: Planner
  #closing = false

  constructor(options: EventLogInit) {
    this.store = options.store
    this.pendingAge = new PendingAge(options.store.deliveries)
    const { store, log, operatorInstance } = options
    this.operator =
      operatorInstance === undefined
        ? undefined
        : new OperatorEvents({
            instance: operatorInstance,
            instances: store.instances,
            accept: (input) => this.#observed([input], {}, onlyResult),
            log
          })
    const transports = () => this.#transports.values()
    this.erasure = new Erasure({ store, transports, log })
    this.activities = new Activities({ store, log, except: operatorInstance })
    this.silences = new Silences({
      activities: this.activities,
      instances: store.instances,
      afterMinutes: options.silenceAfterMinutes,
      isRefusing: () => this.refusals.list().length > 0
    })
    this.wrongKeys = limitWrongKeys(options.wrongKeysPerMinute, { store, log })
    this.catalogue = options.catalogue
    const { autoRegister: enabled, autoRegisterMax: max } = options
    this.registration = new AutoRegistration({ instances: store.instances, enabled, max })
    this.#planner = new Planner({ instances: store.instances, registration: this.registration, transports })
    this.#limits = new IntakeLimits({ ...options, except: operatorInstance })
    this.metrics = options.metrics
    this.#counts = new IntakeCounts({ metrics: options.metrics, refusals: this.refusals })
    this.#options = options
    this.#normalising = { ...options, catalogueOf: (instance) => this.catalogueOf(instance) }
  }

  get instances(): InstanceDirectory {
    return this.store.instances
  }

  get closing(): boolean {
    return this.#closing
  }

  /** The limits of instances without their own; 0: unlimited. */
  get limits(): Readonly<Record<RateName | 'retainedBytes', number>> {
    return this.#limits.defaults
  }

  /** @throws {OptionsInvalidError} a transport of this name is attached already */
  attach(transport: Transport): void {
    if (this.#transports.has(transport.name)) {
      throw new OptionsInvalidError(`the event log carries a ${transport.name} transport already`)
    }
    this.#transports.set(transport.name, transport)
  }

  /** Calls the watcher with each removed or updated instance, and logs what it throws. @returns a function that ends this */
  watchInstances(watcher: (change: InstanceChange) => void): () => void {
    return this.instances.watch((change) => this.guard('A watcher of instances failed', () => watcher(change)))
  }

  /** Runs `work` and logs what it throws, so that a plugin cannot fail the commit that it is notified of. */
  guard(failure: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#options.log.error({ err: error }, failure)
    }
  }

  /**
   * Accepts an event, or several: all of them or none. This is the one way into the log: `onInstanceEvent` is this method,
   * and each transport's `emit` calls it. Resolves when the events are durable and will be sent wherever they are selected.
   * @throws {EventInvalidError} {EventUnknownError} {InstanceNameError} bad input, naming the field
   * @throws {InstanceNotFoundError} {TooManyInstancesError} an instance is unknown, and not registered automatically
   * @throws {LimitExceededError} {BackpressureError} {ClosingError} not accepted; try again later
   */
  accept(inputs: readonly InstanceEventInput[], options?: AcceptOptions): Promise<EmitResult[]>
  accept(input: InstanceEventInput, options?: AcceptOptions): Promise<EmitResult>
  accept(
    input: InstanceEventInput | readonly InstanceEventInput[],
    options: AcceptOptions = {}
  ): Promise<EmitResult | EmitResult[]> {
    const inputs = isList(input) ? input : [input]
    const { operator } = this
    if (operator && inputs.some((given) => given?.instance === operator.instance))
      return Promise.reject(this.#counts.refused(new OperatorInstanceError(operator.instance), inputs.length))
    return isList(input) ? this.#observed(inputs, options, allResults) : this.#observed(inputs, options, onlyResult)
  }

  /** @throws {LimitExceededError} an instance can post no event now */
  assertMayPost(instance: string): void {
    this.#counts.check(1, () => this.#limits.assertMayPost(instance))
  }

  /** Returns the catalogue of the events that an instance may have. */
  catalogueOf(instance: string): EventCatalogue {
    return this.operator?.instance === instance ? this.operator.catalogue : this.catalogue
  }

  /** The events of all instances, those of the operator's included. */
  get allEvents(): readonly CatalogueEvent[] {
    return [...this.catalogue.events, ...(this.operator?.catalogue.events ?? [])]
  }

  /** @throws {OperatorInstanceError} the instance is the operator's */
  assertNotOperator(instance: string): void {
    if (this.operator?.instance === instance) throw new OperatorInstanceError(instance)
  }

  /** Emits an event for the operator about a dead letter, unless it is one of the operator's instance. */
  deadLetter(notice: DeadLetterNotice): void {
    if (notice.instance !== this.operator?.instance) void this.operator?.emit('operator.dead-letter', notice)
  }

  /** Returns the reasons why queues accept nothing, apart from queues of the operator's instance. */
  queueFaults(): QueueFault[] {
    const except = this.operator?.instance ?? ''
    return [...this.#transports.values()].flatMap((transport) => transport.queueFaults?.(except) ?? [])
  }

  /** Refuses events from now on: the server is shutting down. */
  stopIntake(): void {
    this.#closing = true
  }

  #observed<R>(
    inputs: readonly InstanceEventInput[],
    options: AcceptOptions,
    pick: (results: EmitResult[]) => R
  ): Promise<R> {
    if (!acceptChannel.hasSubscribers) return this.#accept(inputs, options, pick)
    return observeAccept({ inputs, transport: options.only }, () => this.#accept(inputs, options, allResults)).then(
      pick
    )
  }

  async #accept<R>(
    inputs: readonly InstanceEventInput[],
    { only, onlyFor, unlisted = false }: AcceptOptions,
    pick: (results: EmitResult[]) => R
  ): Promise<R> {
    if (this.#closing) throw this.#counts.refused(new ClosingError(), inputs.length)
    const normal = normaliseEvents(inputs, unlisted ? { ...this.#normalising, unlisted } : this.#normalising)
    this.#counts.check(inputs.length, () => this.#limits.take(normal))
    const unknown = new Set<string>()
    try {
      return await this.#append(normal, { only, onlyFor, unknown, pick })
    } finally {
      for (const name of unknown) this.registration.end(name)
    }
  }

  async #append<R>(
    normal: readonly NormalEvent[],
    { pick, ...options }: PlanOptions & { pick: (results: EmitResult[]) => R }
  ): Promise<R> {
    let planned: Planned[] = []
    let logged: NewEvent[] = []
    const plan = () => {
      planned = normal.map((event) => this.#planner.plan(event, options))
      const kept = this.#options.logUnselected ? planned : planned.filter(({ selected }) => selected)
      logged = kept.map(({ event }) => event)
      return logged
    }
    let results: AppendResult[] = []
    if (plan().length > 0) {
      try {
        results = await this.store.log.append(logged, plan)
      } catch (error) {
        throw this.#counts.notAppended(error as IntakeError, logged)
      }
      this.#counts.appended(logged, results)
    }
    if (results.length === planned.length) return pick(results)
    // An event that was not logged has no place in the log: offset 0.
    let next = 0
    return pick(planned.map(({ event, selected }) => (selected ? results[next++] : undefined) ?? unlogged(event)))
  }
}

/** `Array.isArray` does not narrow a union with a readonly array. */
function isList(input: InstanceEventInput | readonly InstanceEventInput[]): input is readonly InstanceEventInput[] {
  return Array.isArray(input)
}

function allResults(results: EmitResult[]): EmitResult[] {
  return results
}

/** One input has one result. */
function onlyResult([result]: EmitResult[]): EmitResult {
  return result as EmitResult
}

function unlogged({ id }: NewEvent): EmitResult {
  return { id, offset: 0, duplicate: false }
}
