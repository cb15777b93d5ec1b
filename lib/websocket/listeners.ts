import type { EventFilter } from '../filters/event-filter.ts'
import type { StoredEvent } from '../events/event.ts'
import type { Instance } from '../instances/instance.ts'
import type { LogSubscriber } from '../store/log-store.ts'
import type { Audience } from './audiences.ts'
import type { Listener } from './listener.ts'

/** Different filters of listeners that see the same instance: each is evaluated for each of its events. */
const MAX_FILTERS = 100

/** All listeners, live or not, by the instance that they see and by the token that authorized them. */
export class Listeners {
  readonly #all = new Set<Listener>()
  /** By the key of the instance that they see; `undefined`: those that see all. */
  readonly #byInstance = new Map<number | undefined, Set<Listener>>()
  /** Number of listeners of each filter, by the key of the instance that they see. */
  readonly #filters = new Map<number | undefined, Map<EventFilter, number>>()
  /** Number of listeners by the key of the instance whose token authorized them. */
  readonly #byToken = new Map<number, number>()

  get size(): number {
    return this.#all.size
  }

  /** The events that have listeners. */
  get interest(): ReturnType<LogSubscriber['interest']> {
    return {
      all: this.#byInstance.has(undefined),
      instanceKeys: this.#byInstance.keys().filter((key) => key !== undefined)
    }
  }

  /** Returns the listeners that see this instance alone. */
  of(instanceKey: number): Iterable<Listener> {
    return this.#byInstance.get(instanceKey) ?? []
  }

  /** Returns the number of listeners that the token of this instance authorized. */
  countByToken({ key }: Instance): number {
    return this.#byToken.get(key) ?? 0
  }

  /** Returns the listeners that were sent an event, or that continue after it. */
  receiversOf(event: StoredEvent, audience: Audience): Listener[] {
    const { instanceKey, offset } = event
    return [instanceKey, undefined]
      .flatMap((key) => [...(this.#byInstance.get(key) ?? [])])
      .filter(({ after, told, scope }) => after < offset && offset <= told && scope.includes(event, audience))
  }

  /** True if listeners of an instance, or of all, have as many different filters as they may have, and not this one. */
  hasTooManyFilters(instanceKey: number | undefined, filter: EventFilter): boolean {
    const filters = this.#filters.get(instanceKey)
    return filters !== undefined && filters.size >= MAX_FILTERS && !filters.has(filter)
  }

  add(listener: Listener): void {
    this.#all.add(listener)
    const { instanceKey, filter } = listener.scope
    if (filter) this.#countFilter(instanceKey, filter, 1)
    this.#byInstance.set(instanceKey, (this.#byInstance.get(instanceKey) ?? new Set()).add(listener))
    const { tokenOf } = listener
    if (tokenOf) this.#byToken.set(tokenOf.instance.key, this.countByToken(tokenOf.instance) + 1)
  }

  remove(listener: Listener): void {
    this.#all.delete(listener)
    const { instanceKey, filter } = listener.scope
    if (filter) this.#countFilter(instanceKey, filter, -1)
    const others = this.#byInstance.get(instanceKey)
    others?.delete(listener)
    if (others?.size === 0) this.#byInstance.delete(instanceKey)
    const { tokenOf } = listener
    if (!tokenOf) return
    const { instance } = tokenOf
    const left = this.countByToken(instance) - 1
    if (left > 0) this.#byToken.set(instance.key, left)
    else this.#byToken.delete(instance.key)
  }

  #countFilter(instanceKey: number | undefined, filter: EventFilter, change: number): void {
    const filters = this.#filters.get(instanceKey) ?? new Map<EventFilter, number>()
    const count = (filters.get(filter) ?? 0) + change
    if (count > 0) filters.set(filter, count)
    else filters.delete(filter)
    if (filters.size > 0) this.#filters.set(instanceKey, filters)
    else this.#filters.delete(instanceKey)
  }
}
