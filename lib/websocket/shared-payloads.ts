import type { StoredEvent } from '../events/event.ts'
import { Payload } from './payload.ts'
import type { Scope } from './scope.ts'

interface Made {
  readonly events: readonly StoredEvent[]
  readonly payload: Payload
}

/** Scopes of one namespace that differ in more events than this have payloads of their own. */
const MAX_COMPARED = 8

/**
 * The payloads of one turn. Filters make scopes of their own, but not other bytes: those that get the same events of a
 * namespace share them.
 */
export class SharedPayloads {
  readonly #made = new Map<string, Made[]>()

  of(scope: Scope, events: readonly StoredEvent[]): Payload {
    const made = this.#made.get(scope.namespace)
    const same = made?.find((other) => isSame(other.events, events))
    if (same) return same.payload
    const payload = new Payload(
      events.map((event) => scope.packet(event)),
      scope.owner
    )
    if (!made) this.#made.set(scope.namespace, [{ events, payload }])
    else if (made.length < MAX_COMPARED) made.push({ events, payload })
    return payload
  }
}

function isSame(a: readonly StoredEvent[], b: readonly StoredEvent[]): boolean {
  return a.length === b.length && a.every((event, index) => event === b[index])
}
