import { eventKey } from '../events/event-key.ts'
import { type EventFilter, passes } from '../filters/event-filter.ts'
import { setImmediate } from 'node:timers/promises'
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
  /** The log of `after`, if the reader knows it. */
  log?: string | undefined
  /** Newest first instead, before this offset; `latest`: from the end of the log. */
  before?: number | 'latest' | undefined
  limit: number
  /** Characters after which the page ends; an event may have more. @default 8 MiB */
  maxCharacters?: number
  /** Offsets that the page covers. @default as many as its filters allow */
  maxOffsets?: number | undefined
}

export interface EventPage {
  events: StoredEvent[]
  /** Where the next page begins: pass it as `after`, or as `before`. */
  next: number
  /** True if there may be more. A page of a rare event can be empty and more can follow. */
  more: boolean
  /** Identifies the log and its epoch. */
  log: string
  /** False if events after `after` are missing: they were pruned or lost, or `after` is of another log. */
  complete: boolean
}

/** Reads a page of the log, bounded in characters and in the offsets that are looked at. */
export async function readEventPage(log: LogStore, options: EventPageOptions): Promise<EventPage> {
  const { instanceKey, events, filter, before, limit, maxCharacters = PAGE_MAX_CHARACTERS } = options
  const { id, first, head, prunedTo } = await log.range(instanceKey)
  const { after, isSame } = await placed(options, { log, id, head })
  const extent = { log: id, complete: isSame && prunedTo <= after }
  const begin = Math.max(after, first - 1)
  const newestFirst = before !== undefined
  const upTo = before === undefined || before === 'latest' ? head : Math.min(before - 1, head)
  // All offsets that could be on the page; with a filter, a part of them is looked at.
  const stretch = { after: begin, upTo }
  const widest = events ? PAGE_MAX_OFFSETS.events : instanceKey === undefined ? Infinity : PAGE_MAX_OFFSETS.instance
  const offsets = options.maxOffsets ?? widest
  if (newestFirst) stretch.after = Math.max(begin, upTo - offsets)
  else stretch.upTo = Math.min(upTo, begin + offsets)
  const found = await log.read({
    ...(instanceKey !== undefined && { instanceKey }),
    ...(events && { events }),
    ...stretch,
    newestFirst,
    limit: limit + 1,
    maxBytes: maxCharacters
  })
  const shown = found.slice(0, limit)
  const cut = found.length > limit || found.reduce((sum, event) => sum + eventSize(event), 0) >= maxCharacters
  const lastShown = shown.at(-1)?.offset
  const passed = filter ? await filtered(shown, filter) : shown
  if (cut && lastShown !== undefined) return { events: passed, next: lastShown, more: true, ...extent }
  if (newestFirst) {
    const more = stretch.after > begin
    return { events: passed, next: more ? stretch.after + 1 : (lastShown ?? upTo + 1), more, ...extent }
  }
  const more = stretch.upTo < upTo
  return { events: passed, next: more ? stretch.upTo : (lastShown ?? after), more, ...extent }
}

/** Returns the offset of the current log that a reader's offset stands for, as for sockets. */
async function placed(
  { after, log: known }: EventPageOptions,
  { log, id, head }: { log: LogStore; id: string; head: number }
): Promise<{ after: number; isSame: boolean }> {
  if (known !== undefined && known !== id) {
    const { upTo, isKnown } = await log.commonWith(known)
    if (!isKnown || after > upTo) return { after: upTo, isSame: false }
  }
  // An offset ahead of the log is of a log that is lost.
  return after > head ? { after: 0, isSame: false } : { after, isSame: true }
}

/** Characters of events that a filter evaluates before other work gets its turn. */
const SLICE_CHARACTERS = 262_144

/** Returns the events that pass a filter. */
async function filtered(events: readonly StoredEvent[], filter: EventFilter): Promise<StoredEvent[]> {
  const passed: StoredEvent[] = []
  let characters = 0
  for (const event of events) {
    if (passes(filter, eventKey(event.event), event)) passed.push(event)
    characters += eventSize(event)
    if (characters < SLICE_CHARACTERS) continue
    characters = 0
    await setImmediate()
  }
  return passed
}
