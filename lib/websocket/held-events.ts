import type { StoredEvent } from '../events/event.ts'
import { eventSize } from '../events/messages.ts'
import type { Owner } from './buffer-budget.ts'

/** Characters of events that are held at most. */
const MAX_CHARACTERS = 1_048_576

/** Live events that arrive while the last pages of replays are read and sent. */
export class HeldEvents {
  readonly #owners: ReadonlySet<Owner>
  readonly #events: StoredEvent[] = []
  #characters = 0

  /** @param owners whose events are held */
  constructor(owners: ReadonlySet<Owner>) {
    this.#owners = owners
  }

  /** The events in offset order; `undefined`: there are too many to hold. */
  get events(): readonly StoredEvent[] | undefined {
    return this.#characters > MAX_CHARACTERS ? undefined : this.#events
  }

  add(events: readonly StoredEvent[]): void {
    for (const event of events) {
      if (this.#characters > MAX_CHARACTERS) return
      if (!this.#owners.has('all') && !this.#owners.has(event.instanceKey)) continue
      this.#events.push(event)
      this.#characters += eventSize(event)
    }
  }
}
