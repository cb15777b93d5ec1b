import { CALLER_ID, flagsOfOnly, type NewEvent, QUEUED, UNLISTED } from '../events/event.ts'
import { InstanceNotFoundError } from '../errors.ts'
import type { AutoRegistration } from '../instances/auto-registration.ts'
import type { InstanceDirectory } from '../instances/directory.ts'
import type { TransportName } from '../instances/instance.ts'
import { createTrace } from '../telemetry/create-span.ts'
import type { NormalEvent } from './normalise.ts'
import type { Transport } from './transport.ts'

export interface PlannerOptions {
  instances: Pick<InstanceDirectory, 'get'>
  registration: Pick<AutoRegistration, 'begin'>
  /** The attached transports. */
  transports: () => Iterable<Transport>
}

/** An event as it is appended. */
export interface Planned {
  event: NewEvent
  /** True if a transport selects it. */
  selected: boolean
}

export interface PlanOptions {
  /** The only transport that may deliver the event. */
  only: TransportName | undefined
  /** Key of the only instance that it is for. */
  onlyFor: number | undefined
  /** Gets the names of instances that events register. */
  unknown: Set<string>
}

/** Plans where events go. */
export class Planner {
  readonly #options: PlannerOptions

  constructor(options: PlannerOptions) {
    this.#options = options
  }

  /**
   * Asks the transports where an event goes. The same event can be planned again.
   * @throws {InstanceNotFoundError} {TooManyInstancesError} the instance is unknown, and not registered automatically
   * @throws {InstanceNotFoundError} it is not the one that the event is for
   */
  plan(event: NormalEvent, { only, onlyFor, unknown }: PlanOptions): Planned {
    const { instances, registration, transports } = this.#options
    const { id, data, envelope, extra, callerId } = event
    const keptTo = only === undefined ? event.transports : (event.transports ?? [only]).filter((name) => name === only)
    const instance = instances.get(event.instance)
    if (onlyFor !== undefined && instance?.key !== onlyFor) throw new InstanceNotFoundError(event.instance)
    if (!instance && !unknown.has(event.instance)) {
      registration.begin(event.instance)
      unknown.add(event.instance)
    }
    const queues = new Set<string>()
    let read = false
    for (const transport of transports()) {
      if (keptTo && !keptTo.includes(transport.name)) continue
      const route = transport.plan(event.event, instance, event)
      for (const queue of route.queues ?? []) queues.add(queue)
      read ||= route.read ?? false
    }
    const flags =
      (callerId ? CALLER_ID : 0) |
      (event.event.unlisted ? UNLISTED : 0) |
      (queues.size > 0 ? QUEUED : 0) |
      (keptTo ? flagsOfOnly(keptTo) : 0)
    // Set once: an event can be planned again.
    event.traceparent ??= createTrace(queues)
    const { instance: name, event: known, traceparent } = event
    const planned = {
      instance: name,
      id,
      event: known.name,
      data,
      envelope,
      traceparent,
      extra,
      flags,
      queues: [...queues]
    }
    return {
      event: onlyFor === undefined ? planned : { ...planned, onlyFor },
      selected: read || queues.size > 0
    }
  }
}
