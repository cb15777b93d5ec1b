import type { StoredEvent } from '../events/event.ts'
import type { Audience } from './audiences.ts'
import type { Listener } from './listener.ts'
import type { Scope } from './scope.ts'

/** Live listeners of one scope: all of them receive the same events. */
export interface ListenerGroup {
  readonly scope: Scope
  readonly listeners: Set<Listener>
}

/** The key of scopes that see more than one instance. */
const ALL = 'all'

/** Live listeners, grouped by what they see: an event is looked at once for each group. */
export class LiveListeners {
  readonly #byScope = new Map<string, ListenerGroup>()
  readonly #byInstance = new Map<number | typeof ALL, Set<ListenerGroup>>()

  add(listener: Listener): void {
    const { scope } = listener
    let group = this.#byScope.get(scope.id)
    if (!group) {
      group = { scope, listeners: new Set() }
      this.#byScope.set(scope.id, group)
      const key = scope.instanceKey ?? ALL
      this.#byInstance.set(key, (this.#byInstance.get(key) ?? new Set()).add(group))
    }
    group.listeners.add(listener)
  }

  /** Idempotent. */
  remove(listener: Listener): void {
    const { id, instanceKey = ALL } = listener.scope
    const group = this.#byScope.get(id)
    if (!group?.listeners.delete(listener) || group.listeners.size > 0) return
    this.#byScope.delete(id)
    const groups = this.#byInstance.get(instanceKey)
    groups?.delete(group)
    if (groups?.size === 0) this.#byInstance.delete(instanceKey)
  }

  /** All of them. */
  groups(): Iterable<ListenerGroup> {
    return this.#byScope.values()
  }

  /** Returns the events that each group receives, in their order. */
  route(
    events: readonly StoredEvent[],
    audienceOf: (event: StoredEvent) => Audience
  ): Map<ListenerGroup, StoredEvent[]> {
    const routed = new Map<ListenerGroup, StoredEvent[]>()
    if (this.#byScope.size === 0) return routed
    for (const event of events) {
      const audience = audienceOf(event)
      for (const key of [event.instanceKey, ALL] as const) {
        for (const group of this.#byInstance.get(key) ?? []) {
          if (!group.scope.includes(event, audience)) continue
          const list = routed.get(group)
          if (list) list.push(event)
          else routed.set(group, [event])
        }
      }
    }
    return routed
  }
}
