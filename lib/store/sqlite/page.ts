import { eventSize } from '../../events/messages.ts'
import type { StoredEvent } from '../../events/event.ts'
import type { PageLimits } from '../log-store.ts'

/** Events up to `limit`, ending with the one that reaches `maxBytes`. */
export class Page {
  readonly events: StoredEvent[] = []
  readonly #limits: PageLimits
  #bytes = 0

  constructor(limits: PageLimits) {
    this.#limits = limits
  }

  get isFull(): boolean {
    return this.events.length >= this.#limits.limit || this.#bytes >= this.#limits.maxBytes
  }

  /** @returns whether the page is full now */
  add(event: StoredEvent): boolean {
    this.events.push(event)
    this.#bytes += eventSize(event)
    return this.isFull
  }
}

/** Takes events until the page is full. */
export function takeEvents(events: Iterable<StoredEvent>, page: Page): StoredEvent[] {
  for (const event of events) if (page.add(event)) break
  return page.events
}
