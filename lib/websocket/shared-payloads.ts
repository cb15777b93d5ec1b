import type { StoredEvent } from '../events/event.ts'
import type { Payload } from './payload.ts'
import type { Scope } from './scope.ts'

interface Made {
  readonly events: readonly StoredEvent[]
  readonly payload: Payload
}

/** Payloads of one channel that a scope's events are compared with. */
const MAX_COMPARED = 8

/**
 * The payloads of one turn of the event loop. Scopes with different filters that receive the same events of a channel share
 * a payload.
 */
export class SharedPayloads {
  readonly #made = new Map<string, Made[]>()

  /** Returns the payload of these events for a scope. */
  of(scope: Scope, events: readonly StoredEvent[]): Payload {
    const made = this.#made.get(scope.channel)
    const same = made?.find((other) => isSame(other.events, events))
    if (same) return same.payload
    const payload = scope.payload(events)
    if (!made) this.#made.set(scope.channel, [{ events, payload }])
    else if (made.length < MAX_COMPARED) made.push({ events, payload })
    return payload
  }
}

export function isSame(a: readonly StoredEvent[], b: readonly StoredEvent[]): boolean {
  return a.length === b.length && a.every((event, index) => event === b[index])
}
