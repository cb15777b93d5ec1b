import type { FastifyBaseLogger } from 'fastify'
import { ClosingError, InstanceNotFoundError, OptionsInvalidError } from '../errors.ts'
import { MAX_MESSAGES, withMessages, type InstanceEventsError } from '../error-class.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { eventSize } from '../events/messages.ts'
import { normaliseEvent, type NormalEvent, type NormaliseOptions } from './normalise.ts'
import type { EventCatalogue, CatalogueEvent } from '../events/catalogue.ts'
import { PendingAge } from './pending-age.ts'
import { Refusals, type Load } from './refusals.ts'
import type { Fault } from '../operation/fault.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import type { InstanceDirectory } from '../instances/directory.ts'
import type { InstanceChange } from '../instances/memory-directory.ts'
import { CALLER_ID, OFF_SOCKETS } from '../events/event.ts'
import type { AppendResult } from '../store/log-store.ts'
import type { EventStore } from '../store/event-store.ts'
import type { Instance } from '../instances/instance.ts'
import type { NewEvent } from '../events/event.ts'
import type { TransportName } from '../instances/instance.ts'
import { acceptChannel } from '../telemetry/channels.ts'
import { observeAccept } from '../telemetry/observe-accept.ts'
import { createTrace } from '../telemetry/create-span.ts'

/** Where one transport wants an event to go. */
export interface Route {
  queues?: readonly string[]
  /** Whether it has readers of the log for it. */
  read?: boolean
}

/** What a transport plugin brings to the log. */
export interface Transport {
  readonly name: TransportName
  /** Where an event goes; called for each event, from memory only. `instance` is undefined for an unknown one. */
  plan(event: CatalogueEvent, instance: Instance | undefined): Route
}

export interface EventLogInit extends NormaliseOptions {
  store: EventStore
  metrics: Metrics
  log: FastifyBaseLogger
  /** Whether an event of an unknown instance registers it. */
  autoRegister: boolean
  /** Whether an event that goes nowhere is logged all the same. */
  logUnselected: boolean
}

export type EmitResult = AppendResult

interface Planned {
  event: NewEvent
  /** Whether any transport has somewhere to go with it. */
  selected: boolean
}

/**
 * The event log as plugins see it: the store, the catalogue, and the one way in. An event is checked and serialised
 * once, every attached transport says where it goes, and one append makes all of it durable. What transports carry they
 * take from the store: sockets follow the log, SQS its lanes.
 */
export class EventLog {
  readonly store: EventStore
  readonly catalogue: EventCatalogue
  readonly autoRegister: boolean
  readonly metrics: Metrics
  /** Events that were not accepted of late. */
  readonly refusals = new Refusals()
  readonly pendingAge: PendingAge
  /** What else `/overview` asks for faults: parts of the process that neither the log nor a transport knows. */
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

  /** Tells of instances that are removed or updated. A watcher's failure is its own. Returns how to stop it. */
  watchInstances(watcher: (change: InstanceChange) => void): () => void {
    return this.instances.watch((change) => this.guard('A watcher of instances failed', () => watcher(change)))
  }

  /** Nothing that plugins do may reach the commit that they are told of: what `work` throws is logged. */
  guard(failure: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#options.log.error({ err: error }, failure)
    }
  }

  /** Accepts one event. @throws as `acceptAll` */
  async accept(input: InstanceEventInput, only?: TransportName): Promise<EmitResult> {
    const [result] = await this.acceptAll([input], only)
    // One input, one result.
    return result as EmitResult
  }

  /**
   * Accepts events, all or none. Resolved means durable, and on the way to every transport that selects them.
   * @param only this transport alone
   * @throws {EventInvalidError} {EventUnknownError} {InstanceNameError} bad input, naming the field
   * @throws {InstanceNotFoundError} unknown, and `autoRegister` is off
   * @throws {BackpressureError} {ClosingError} try again later
   */
  acceptAll(inputs: readonly InstanceEventInput[], only?: TransportName): Promise<EmitResult[]> {
    const accept = () => this.#acceptAll(inputs, only)
    return acceptChannel.hasSubscribers ? observeAccept({ inputs, transport: only }, accept) : accept()
  }

  async #acceptAll(inputs: readonly InstanceEventInput[], only: TransportName | undefined): Promise<EmitResult[]> {
    if (this.#closing) throw this.#refused(new ClosingError(), inputs.length)
    const normal = this.#normalise(inputs)
    let planned: Planned[] = []
    const results = await this.#append(() => {
      planned = normal.map((event) => this.#plan(event, only))
      const logged = this.#options.logUnselected ? planned : planned.filter(({ selected }) => selected)
      return logged.map(({ event }) => event)
    })
    if (results.length === planned.length) return results
    // What was not logged has no place in the log: offset 0.
    let next = 0
    return planned.map(({ event, selected }) => (selected ? results[next++] : undefined) ?? unlogged(event))
  }

  /** Refuses events from now on: the server is shutting down. */
  stopIntake(): void {
    this.#closing = true
  }

  /** @param plan says what to append; asked again where the directory turns out to be old */
  async #append(plan: () => readonly NewEvent[]): Promise<AppendResult[]> {
    let events = plan()
    if (events.length === 0) return []
    const results = await this.store.log
      .append(events, () => (events = plan()))
      .catch((error: Error & { code?: string; statusCode?: number }) => {
        const { code = error.name, statusCode = 500, message } = error
        if (statusCode >= 500) this.refusals.refused({ code, message }, events.length, loadOf(events))
        throw this.#refused(error, events.length)
      })
    if (this.refusals.any) this.refusals.accepted(loadOf(events))
    for (const [index, { event }] of events.entries()) {
      if (results[index]?.duplicate) this.metrics.duplicates.inc()
      else this.metrics.accepted.inc({ event })
    }
    return results
  }

  #refused<E extends Error & { code?: string }>(error: E, count: number): E {
    this.metrics.refused.inc({ code: this.metrics.code(error.code ?? error.name) }, count)
    return error
  }

  #normalise(inputs: readonly InstanceEventInput[]): NormalEvent[] {
    if (inputs.length === 1) return inputs.map((input) => normaliseEvent(input, this.#options))
    const events: NormalEvent[] = []
    const errors: InstanceEventsError[] = []
    const messages: string[] = []
    for (const [index, input] of inputs.entries()) {
      if (messages.length >= MAX_MESSAGES) break
      try {
        events.push(normaliseEvent(input, this.#options))
      } catch (error) {
        // normaliseEvent throws errors of lib/errors.ts only.
        const fault = error as InstanceEventsError
        errors.push(fault)
        messages.push(...(fault.messages ?? [fault.message]).map((message) => `[${index}]: ${message}`))
      }
    }
    const [first] = errors
    if (first) throw withMessages(first, messages)
    return events
  }

  #plan(event: NormalEvent, only: TransportName | undefined): Planned {
    const { id, data, envelope } = event
    const keptTo = only === undefined ? event.transports : (event.transports ?? [only]).filter((name) => name === only)
    const instance = this.instances.get(event.instance)
    if (!instance && !this.autoRegister) throw new InstanceNotFoundError(event.instance)
    const queues = new Set<string>()
    let read = false
    for (const transport of this.#transports.values()) {
      if (keptTo && !keptTo.includes(transport.name)) continue
      const route = transport.plan(event.event, instance)
      for (const queue of route.queues ?? []) queues.add(queue)
      read ||= route.read ?? false
    }
    const flags = (event.callerId ? CALLER_ID : 0) | (keptTo && !keptTo.includes('websocket') ? OFF_SOCKETS : 0)
    const { instance: name, event: known, extra } = event
    // Kept: a plan that is made again has its trace already.
    event.traceparent ??= createTrace(queues)
    const { traceparent } = event
    return {
      event: { instance: name, id, event: known.name, data, envelope, traceparent, extra, flags, queues: [...queues] },
      selected: read || queues.size > 0
    }
  }
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
