import type { FastifyBaseLogger } from 'fastify'
import { Activities } from '../activity/activities.ts'
import { Silences } from '../activity/silences.ts'
import { ClosingError, InstanceNotFoundError, OperatorInstanceError, OptionsInvalidError } from '../errors.ts'
import type { CatalogueEvent, EventCatalogue } from '../events/catalogue.ts'
import { CALLER_ID, flagsOfOnly, UNLISTED, type NewEvent } from '../events/event.ts'
import type { InstanceChange, InstanceDirectory } from '../instances/directory.ts'
import type { TransportName } from '../instances/instance.ts'
import type { Fault, QueueFault } from '../operation/fault.ts'
import { OperatorEvents } from '../operator/operator-events.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import type { EventStore } from '../store/event-store.ts'
import type { AppendResult } from '../store/log-store.ts'
import { acceptChannel, type DeadLetterNotice } from '../telemetry/channels.ts'
import { createTrace } from '../telemetry/create-span.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { observeAccept } from '../telemetry/observe-accept.ts'
import { normaliseEvents, type NormalEvent, type NormaliseOptions } from './normalise.ts'
import { PendingAge } from './pending-age.ts'
import { loadOf, Refusals } from './refusals.ts'
import type { Transport } from './transport.ts'

export interface EventLogInit extends Omit<NormaliseOptions, 'catalogueOf'> {
  /** The events of all instances but the operator's. */
  catalogue: EventCatalogue
  store: EventStore
  metrics: Metrics
  log: FastifyBaseLogger
  /** True if an event of an unknown instance registers it. */
  autoRegister: boolean
  /** True if an event that no transport selects is logged. */
  logUnselected: boolean
  /** Minutes without an event after which an instance is silent; 0: never. */
  silenceAfterMinutes: number
  /** Name of the instance that is reserved for the operator; `undefined`: there is none. */
  operatorInstance: string | undefined
}

/** Options of `EventLog.accept`. */
export interface AcceptOptions {
  /** The only transport that may deliver the events. @default all */
  only?: TransportName
  /** True to accept events that are not in the catalogue, for the log and selections of "all". @default false */
  unlisted?: boolean
}

/** The id and the offset of an accepted event. `duplicate`: the instance had an event of this id already, and its offset is given. */
export type EmitResult = AppendResult

interface Planned {
  event: NewEvent
  /** True if a transport selects it. */
  selected: boolean
}

/**
 * The event log as plugins see it: the store, the catalogue, and the one way in. An event is checked and serialised once,
 * each attached transport plans where it goes, and one append makes all of that durable. Transports read what they deliver
 * from the store: sockets follow the log, SQS its lanes.
 */
export class EventLog {
  readonly store: EventStore
  readonly catalogue: EventCatalogue
  readonly autoRegister: boolean
  readonly metrics: Metrics
  /** Events that were refused recently. */
  readonly refusals = new Refusals()
  readonly pendingAge: PendingAge
  /** What each instance has sent lately. */
  readonly activities: Activities
  /** Finds silent instances. */
  readonly silences: Silences
  /** Emits the events of the operator's instance; `undefined` without one. */
  readonly operator: OperatorEvents | undefined
  /** Faults for `GET /overview` of parts of the process that neither the log nor a transport knows. */
  readonly otherFaults: (() => Fault | undefined)[] = []
  readonly #options: EventLogInit
  readonly #normalising: NormaliseOptions
  readonly #transports = new Map<TransportName, Transport>()
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
    this.activities = new Activities({ store, log, except: operatorInstance })
    this.silences = new Silences({
      activities: this.activities,
      instances: store.instances,
      afterMinutes: options.silenceAfterMinutes,
      isRefusing: () => this.refusals.list().length > 0
    })
    this.catalogue = options.catalogue
    this.autoRegister = options.autoRegister
    this.metrics = options.metrics
    this.#options = options
    this.#normalising = { ...options, catalogueOf: (instance) => this.catalogueOf(instance) }
  }

  get instances(): InstanceDirectory {
    return this.store.instances
  }

  get closing(): boolean {
    return this.#closing
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
   * @throws {InstanceNotFoundError} an instance is unknown, and `autoRegister` is off
   * @throws {BackpressureError} {ClosingError} not accepted; try again later
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
      return Promise.reject(this.#refused(new OperatorInstanceError(operator.instance), inputs.length))
    return isList(input) ? this.#observed(inputs, options, allResults) : this.#observed(inputs, options, onlyResult)
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
    { only, unlisted = false }: AcceptOptions,
    pick: (results: EmitResult[]) => R
  ): Promise<R> {
    if (this.#closing) throw this.#refused(new ClosingError(), inputs.length)
    const normal = normaliseEvents(inputs, unlisted ? { ...this.#normalising, unlisted } : this.#normalising)
    let planned: Planned[] = []
    let logged: NewEvent[] = []
    const plan = () => {
      planned = normal.map((event) => this.#plan(event, only))
      const kept = this.#options.logUnselected ? planned : planned.filter(({ selected }) => selected)
      logged = kept.map(({ event }) => event)
      return logged
    }
    let results: AppendResult[] = []
    if (plan().length > 0) {
      try {
        results = await this.store.log.append(logged, plan)
      } catch (error) {
        throw this.#notAppended(error as Error & { code?: string; statusCode?: number }, logged)
      }
      this.#appended(logged, results)
    }
    if (results.length === planned.length) return pick(results)
    // An event that was not logged has no place in the log: offset 0.
    let next = 0
    return pick(planned.map(({ event, selected }) => (selected ? results[next++] : undefined) ?? unlogged(event)))
  }

  #appended(events: readonly NewEvent[], results: readonly AppendResult[]): void {
    if (this.refusals.any) this.refusals.accepted(loadOf(events))
    for (const [index, { event, flags }] of events.entries()) {
      if (results[index]?.duplicate) this.metrics.duplicates.inc()
      // The number of such names is unlimited.
      else this.metrics.accepted.inc({ event: flags & UNLISTED ? 'unknown' : event })
    }
  }

  #notAppended<E extends Error & { code?: string; statusCode?: number }>(error: E, events: readonly NewEvent[]): E {
    const { code = error.name, statusCode = 500, message } = error
    if (statusCode >= 500) this.refusals.refused({ code, message }, events.length, loadOf(events))
    return this.#refused(error, events.length)
  }

  #refused<E extends Error & { code?: string }>(error: E, count: number): E {
    this.metrics.refused.inc({ code: this.metrics.code(error.code ?? error.name) }, count)
    return error
  }

  #plan(event: NormalEvent, only: TransportName | undefined): Planned {
    const { id, data, envelope, extra, callerId } = event
    const keptTo = only === undefined ? event.transports : (event.transports ?? [only]).filter((name) => name === only)
    const instance = this.instances.get(event.instance)
    if (!instance && !this.autoRegister) throw new InstanceNotFoundError(event.instance)
    const queues = new Set<string>()
    let read = false
    for (const transport of this.#transports.values()) {
      if (keptTo && !keptTo.includes(transport.name)) continue
      const route = transport.plan(event.event, instance, event)
      for (const queue of route.queues ?? []) queues.add(queue)
      read ||= route.read ?? false
    }
    const flags =
      (callerId ? CALLER_ID : 0) | (event.event.unlisted ? UNLISTED : 0) | (keptTo ? flagsOfOnly(keptTo) : 0)
    // Set once: an event can be planned again.
    event.traceparent ??= createTrace(queues)
    const { instance: name, event: known, traceparent } = event
    return {
      event: { instance: name, id, event: known.name, data, envelope, traceparent, extra, flags, queues: [...queues] },
      selected: read || queues.size > 0
    }
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
