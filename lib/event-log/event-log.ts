import type { FastifyBaseLogger } from 'fastify'
import { ClosingError, InstanceNotFoundError, OptionsInvalidError } from '../errors.ts'
import type { CatalogueEvent, EventCatalogue } from '../events/catalogue.ts'
import { CALLER_ID, flagsOfOnly, type NewEvent } from '../events/event.ts'
import { eventSize } from '../events/messages.ts'
import type { WithData } from '../filters/parsed-data.ts'
import type { InstanceChange, InstanceDirectory } from '../instances/directory.ts'
import type { Instance, TransportName } from '../instances/instance.ts'
import type { Fault } from '../operation/fault.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import type { EventStore } from '../store/event-store.ts'
import type { AppendResult } from '../store/log-store.ts'
import { acceptChannel } from '../telemetry/channels.ts'
import { createTrace } from '../telemetry/create-span.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { observeAccept } from '../telemetry/observe-accept.ts'
import { normaliseEvents, type NormalEvent, type NormaliseOptions } from './normalise.ts'
import { PendingAge } from './pending-age.ts'
import { Refusals, type Load } from './refusals.ts'

/** Where one transport wants an event to go. */
export interface Route {
  /** Names of the queues to deliver it to. */
  queues?: readonly string[]
  /** True if the transport has readers of the log that may see it. */
  read?: boolean
}

/** A transport as the log sees it. */
export interface Transport {
  readonly name: TransportName
  /**
   * Returns where an event goes. Called for each event; must use memory alone. `instance` is undefined for an unknown one.
   * `content` is the same object whenever an event is planned again.
   */
  plan(event: CatalogueEvent, instance: Instance | undefined, content: WithData): Route
}

export interface EventLogInit extends NormaliseOptions {
  store: EventStore
  metrics: Metrics
  log: FastifyBaseLogger
  /** True if an event of an unknown instance registers it. */
  autoRegister: boolean
  /** True if an event that no transport selects is logged. */
  logUnselected: boolean
}

/** Options of `EventLog.accept`. */
export interface AcceptOptions {
  /** The only transport that may deliver the events. @default all */
  only?: TransportName
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
  /** Faults for `GET /overview` of parts of the process that neither the log nor a transport knows. */
  readonly otherFaults: (() => Fault | undefined)[] = []
  readonly #options: EventLogInit
  readonly #transports = new Map<TransportName, Transport>()
  #closing = false

  constructor(options: EventLogInit) {
    this.store = options.store
    this.pendingAge = new PendingAge(options.store.deliveries)
    this.catalogue = options.catalogue
    this.autoRegister = options.autoRegister
    this.metrics = options.metrics
    this.#options = options
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
    options?: AcceptOptions
  ): Promise<EmitResult | EmitResult[]> {
    const only = options?.only
    return isList(input) ? this.#observed(input, only, allResults) : this.#observed([input], only, onlyResult)
  }

  /** Refuses events from now on: the server is shutting down. */
  stopIntake(): void {
    this.#closing = true
  }

  #observed<R>(
    inputs: readonly InstanceEventInput[],
    transport: TransportName | undefined,
    pick: (results: EmitResult[]) => R
  ): Promise<R> {
    if (!acceptChannel.hasSubscribers) return this.#accept(inputs, transport, pick)
    return observeAccept({ inputs, transport }, () => this.#accept(inputs, transport, allResults)).then(pick)
  }

  async #accept<R>(
    inputs: readonly InstanceEventInput[],
    only: TransportName | undefined,
    pick: (results: EmitResult[]) => R
  ): Promise<R> {
    if (this.#closing) throw this.#refused(new ClosingError(), inputs.length)
    const normal = normaliseEvents(inputs, this.#options)
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
    for (const [index, { event }] of events.entries()) {
      if (results[index]?.duplicate) this.metrics.duplicates.inc()
      else this.metrics.accepted.inc({ event })
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
    const flags = (callerId ? CALLER_ID : 0) | (keptTo ? flagsOfOnly(keptTo) : 0)
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

function loadOf(events: readonly NewEvent[]): Load {
  return {
    size: events.reduce((sum, event) => sum + eventSize(event), 0),
    deliveries: events.reduce((sum, { queues }) => sum + queues.length, 0)
  }
}

function unlogged({ id }: NewEvent): EmitResult {
  return { id, offset: 0, duplicate: false }
}
