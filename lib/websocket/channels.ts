import type { StoredEvent } from '../events/event.ts'
import type { Listener } from './listener.ts'
import type { Audience } from './audiences.ts'
import type { Scope } from './scope.ts'

/** Live listeners of one scope. */
export interface Channel {
  readonly scope: Scope
  readonly listeners: Set<Listener>
}

/** The scope that is no single instance. */
const ALL = 'all'

/** Live listeners by what they see: an event is looked at once for all who get the same. */
export class Channels {
  readonly #byScope = new Map<string, Channel>()
  readonly #byInstance = new Map<number | typeof ALL, Set<Channel>>()

  add(listener: Listener): void {
    const { scope } = listener
    let channel = this.#byScope.get(scope.id)
    if (!channel) {
      channel = { scope, listeners: new Set() }
      this.#byScope.set(scope.id, channel)
      const key = scope.instanceKey ?? ALL
      this.#byInstance.set(key, (this.#byInstance.get(key) ?? new Set()).add(channel))
    }
    channel.listeners.add(listener)
  }

  /** Idempotent. */
  remove(listener: Listener): void {
    const { id, instanceKey = ALL } = listener.scope
    const channel = this.#byScope.get(id)
    if (!channel?.listeners.delete(listener) || channel.listeners.size > 0) return
    this.#byScope.delete(id)
    const channels = this.#byInstance.get(instanceKey)
    channels?.delete(channel)
    if (channels?.size === 0) this.#byInstance.delete(instanceKey)
  }

  /** Who gets which of these events, in their order. */
  route(events: readonly StoredEvent[], audienceOf: (event: StoredEvent) => Audience): Map<Channel, StoredEvent[]> {
    const routed = new Map<Channel, StoredEvent[]>()
    if (this.#byScope.size === 0) return routed
    for (const event of events) {
      const audience = audienceOf(event)
      for (const key of [event.instanceKey, ALL] as const) {
        for (const channel of this.#byInstance.get(key) ?? []) {
          if (!channel.scope.includes(event, audience)) continue
          const list = routed.get(channel)
          if (list) list.push(event)
          else routed.set(channel, [event])
        }
      }
    }
    return routed
  }
}
