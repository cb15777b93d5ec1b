import { eventKey } from '../events/event-key.ts'
import { passes } from '../filters/event-filter.ts'
import type { LogStore } from '../store/log-store.ts'
import type { StoredEvent } from '../events/event.ts'
import { type EventPage, type EventPageOptions, readEventPage } from './page.ts'
import { eventSearch } from './text-search.ts'

/** The bounds of one call. */
export interface SearchLimits {
  /** Events and characters of one step; an event may have more. */
  readonly stepEvents: number
  readonly stepCharacters: number
  /** Offsets of one step of a search in events of some names, of all instances. */
  readonly stepOffsets: number
  readonly steps: number
  /** Milliseconds after which no further step begins. */
  readonly ms: number
}

export interface SearchOptions extends Omit<EventPageOptions, 'maxCharacters' | 'maxOffsets'> {
  /** The text to search for, as `eventSearch` takes it. */
  search: string
  /** Runs a step when it is its turn, so that other work comes in between. */
  turn: <T>(step: () => Promise<T>) => Promise<T>
  limits?: SearchLimits
}

export interface SearchPage extends EventPage {
  /** Number of offsets that the call has looked through. */
  examined: number
  /** Number of offsets that the log has. */
  total: number
}

const LIMITS: SearchLimits = { stepEvents: 200, stepCharacters: 262_144, stepOffsets: 2_000, steps: 100, ms: 250 }

/**
 * Searches a part of the log for a text; a caller continues with `next` while there is `more`, also if no event was found. The
 * first page of a search by `before: 'latest'` is the event that has the text as its id, if the store finds it by an
 * index; it comes again at its place.
 */
export async function searchLog(log: LogStore, options: SearchOptions): Promise<SearchPage> {
  const { instanceKey, events: names, filter, search, turn, limit, limits = LIMITS, ...place } = options
  const { id, first, head } = await log.range(instanceKey)
  const total = head === 0 ? 0 : head - first + 1
  const isWanted = (event: StoredEvent) =>
    (names?.includes(event.event) ?? true) && passes(filter, eventKey(event.event), event)
  if (place.before === 'latest') {
    const known = (await turn(() => log.withIds(instanceKey, [search]))).filter(isWanted).slice(0, limit)
    if (known.length > 0)
      return { events: known, next: head + 1, more: true, log: id, complete: true, examined: 0, total }
    place.before = head + 1
  }

  const matches = eventSearch(search)
  const newestFirst = place.before !== undefined
  /** The offset where the search has arrived. */
  let at = newestFirst ? Math.min(place.before as number, head + 1) : place.after
  const found: StoredEvent[] = []
  const result = { events: found, next: at, more: true, log: id, complete: true, examined: 0, total }
  const reach = (offset: number) => {
    result.examined += Math.max(0, newestFirst ? at - offset : offset - at)
    at = offset
  }
  const deadline = performance.now() + limits.ms
  for (let step = 0; result.more && found.length < limit; step++) {
    if (step === limits.steps || (step > 0 && performance.now() >= deadline)) break
    await turn(async () => {
      const page = await readEventPage(log, {
        ...place,
        instanceKey,
        events: names,
        limit: limits.stepEvents,
        maxCharacters: limits.stepCharacters,
        // Of one instance, an index has the events.
        maxOffsets: names && instanceKey === undefined ? limits.stepOffsets : undefined
      })
      if (step === 0) result.complete = page.complete
      result.log = page.log
      result.next = page.next
      result.more = page.more
      const end = newestFirst ? head - total + 1 : head
      for (const event of page.events) {
        if (!(await matches(event)) || !isWanted(event)) continue
        found.push(event)
        if (found.length < limit) continue
        result.more = page.more || event !== page.events.at(-1)
        result.next = event.offset
        break
      }
      reach(result.more ? result.next : end)
      if (newestFirst) place.before = result.next
      else Object.assign(place, { after: result.next, log: page.log })
    })
  }
  return result
}
