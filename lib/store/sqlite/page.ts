import { eventSize } from '../../events/messages.ts'
import { type Row, toEvent } from '../rows.ts'
import type { StoredEvent } from '../../events/event.ts'

export interface PageLimits {
  limit: number
  maxBytes: number
}

/** Events up to `limit`, ending with the one that reaches `maxBytes`. */
export class Page {
  readonly events: StoredEvent[] = []
  readonly #limits: PageLimits
  #bytes = 0

  constructor(limits: PageLimits) {
    this.#limits = limits
  }

  /** @returns whether the page is full now */
  add(event: StoredEvent): boolean {
    this.events.push(event)
    this.#bytes += eventSize(event)
    return this.events.length >= this.#limits.limit || this.#bytes >= this.#limits.maxBytes
  }
}

/** Reads rows until the page is full. */
export function takeEvents(rows: Iterable<Row>, limits: PageLimits): StoredEvent[] {
  const page = new Page(limits)
  for (const row of rows) if (page.add(toEvent(row))) break
  return page.events
}
