import { eventKey } from '../events/catalogue.ts'
import { type EventFilter, passes } from '../filters/event-filter.ts'
import { eventSize } from '../events/messages.ts'
import type { LogStore } from '../store/log-store.ts'
import type { StoredEvent } from '../events/event.ts'

const PAGE_MAX_CHARACTERS = 8 * 1_048_576
/**
 * Offsets that one page covers if it is filtered: a page of a rare event, or of an instance with few events, must not look at
 * the whole log. Names of events have no index.
 */
const PAGE_MAX_OFFSETS = { events: 50_000, instance: 1_000_000 }

export interface EventPageOptions {
  /** Only events of this instance. */
  instanceKey?: number | undefined
  /** Only events of these names. */
  events?: readonly string[] | undefined
  /** Only events whose data pass. */
  filter?: EventFilter | undefined
  /** Oldest first, after this offset. */
  after: number
  /** Newest first instead, before this offset; `latest`: from the end of the log. */
  before?: number | 'latest' | undefined
  limit: number
}

export interface EventPage {
  events: StoredEvent[]
  /** Where the next page begins: pass it as `after`, or as `before`. */
  next: number
  /** True if there may be more. A page of a rare event can be empty and more can follow. */
  more: boolean
}

/** Reads a page of the log, bounded in characters and in the offsets that are looked at. */
export async function readEventPage(log: LogStore, options: EventPageOptions): Promise<EventPage> {
  const { instanceKey, events, filter, after, before, limit } = options
  const { first, head } = await log.range()
  const begin = Math.max(after, first - 1)
  const newestFirst = before !== undefined
  const upTo = before === undefined || before === 'latest' ? head : Math.min(before - 1, head)
  // All offsets that could be on the page; with a filter, a part of them is looked at.
  const stretch = { after: begin, upTo }
  const offsets = events ? PAGE_MAX_OFFSETS.events : instanceKey === undefined ? Infinity : PAGE_MAX_OFFSETS.instance
  if (newestFirst) stretch.after = Math.max(begin, upTo - offsets)
  else stretch.upTo = Math.min(upTo, begin + offsets)
  const found = await log.read({
    ...(instanceKey !== undefined && { instanceKey }),
    ...(events && { events }),
    ...stretch,
    newestFirst,
    limit: limit + 1,
    maxBytes: PAGE_MAX_CHARACTERS
  })
  const shown = found.slice(0, limit)
  const cut = found.length > limit || found.reduce((sum, event) => sum + eventSize(event), 0) >= PAGE_MAX_CHARACTERS
  const lastShown = shown.at(-1)?.offset
  const passed = shown.filter((event) => passes(filter, eventKey(event.event), event))
  if (cut && lastShown !== undefined) return { events: passed, next: lastShown, more: true }
  if (newestFirst) {
    const more = stretch.after > begin
    return { events: passed, next: more ? stretch.after + 1 : (lastShown ?? upTo + 1), more }
  }
  const more = stretch.upTo < upTo
  return { events: passed, next: more ? stretch.upTo : (lastShown ?? after), more }
}
