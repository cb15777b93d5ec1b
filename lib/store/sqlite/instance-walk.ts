import type { StoredEvent } from '../../events/event.ts'
import type { Page } from './page.ts'
import { readEvent } from './parts.ts'
import { segmentOf, startOf } from './segment.ts'
import type { SqliteSegments } from './segments.ts'
import type { Statements } from './statements.ts'

export interface WalkOptions {
  instanceKey: number
  /** The offset before the first to look at, and the last. */
  after: number
  last: number
  newestFirst: boolean
  isWanted: (event: StoredEvent) => boolean
}

/** Of one stretch of a walk: about 5 ms. A segment whose index has to be read costs as much as many events. */
export const MAX_COST = 2_000
export const SEGMENT_COST = 60

/** Looks for the events of one instance, segment after segment, by the index of each. */
export class InstanceWalk {
  readonly #sql: Statements
  readonly #segments: SqliteSegments
  readonly #options: WalkOptions
  readonly #places: Iterator<Place>

  constructor({ sql, segments }: { sql: Statements; segments: SqliteSegments }, options: WalkOptions) {
    this.#sql = sql
    this.#segments = segments
    this.#options = options
    this.#places = this.#allPlaces()
  }

  /**
   * Adds events to a page, for a limited time.
   * @returns the offset up to which it has looked; `undefined`: there is nothing left
   */
  findFor(page: Page): number | undefined {
    let looked: number | undefined
    for (let cost = 0; cost < MAX_COST && !page.isFull;) {
      const { value: place, done } = this.#places.next()
      if (done) return undefined
      cost += place.isEvent ? 1 : SEGMENT_COST
      const event = place.isEvent ? this.#event(place.offset) : undefined
      if (event) page.add(event)
      looked = place.offset
    }
    return looked
  }

  *#allPlaces(): Generator<Place, undefined> {
    const { instanceKey, after, last, newestFirst } = this.#options
    const nearest = newestFirst ? this.#sql.lastUpTo : this.#sql.firstFrom
    for (let at = newestFirst ? last : after + 1; ;) {
      // Segments without events have no index. More of them may be removed during a walk.
      const { offset: found } = nearest.get(at) as { offset: number | null }
      if (found === null || found <= after || found > last) return
      const segment = segmentOf(found)
      at = newestFirst ? startOf(segment) - 1 : startOf(segment + 1)
      const offsets = this.#segments.offsets(segment, instanceKey).filter((offset) => offset > after && offset <= last)
      for (const offset of newestFirst ? offsets.toReversed() : offsets) yield { offset, isEvent: true }
      yield { offset: newestFirst ? startOf(segment) : Math.min(last, startOf(segment + 1) - 1), isEvent: false }
    }
  }

  #event(offset: number): StoredEvent | undefined {
    const row = this.#sql.readOne.get(offset)
    if (!row) return undefined
    const event = readEvent(this.#sql, row)
    return this.#options.isWanted(event) ? event : undefined
  }
}

/** Where an event is, or may have been; or the end of a segment. */
interface Place {
  readonly offset: number
  readonly isEvent: boolean
}
