import { looksGenerated, timeOfId } from '../../events/event-id.ts'
import { IdSearch } from './id-search.ts'
import type { OpenSegment } from './open-segment.ts'
import { Recent } from './recent.ts'
import { startOf } from './segment.ts'
import type { SegmentReads } from './segment-reads.ts'

/** Full segments whose ids are kept in memory, about 400 kB each. */
const SEGMENTS = 4

/** Times in the generated ids of a full segment, in milliseconds since the epoch. */
interface IdTimes {
  readonly segment: number
  readonly from: number
  readonly to: number
}

interface OpenIds {
  readonly segment: number
  readonly ids: Map<string, number>
  /** The last offset that was read. */
  upTo: number
}

/**
 * Finds events by generated ids. Few callers ask for one: they are not indexed, but read from the segments that have ids of
 * the same time.
 */
export class GeneratedIds {
  readonly #reads: SegmentReads
  readonly #full = new Recent<number, ReadonlyMap<string, number>>(SEGMENTS)
  #times: readonly IdTimes[]
  #open: OpenIds | undefined

  constructor(reads: SegmentReads) {
    this.#reads = reads
    this.#times = reads.idTimes().map(({ segment, ids_from: from, ids_to: to }) => ({ segment, from, to }) as IdTimes)
  }

  /**
   * Searches for ids in what is in memory, and leaves the other segments that may have them to be read. Not to be called inside a
   * transaction, whose events may be rolled back.
   */
  search(ids: readonly string[], { open, head }: { open: OpenSegment; head: number }): IdSearch {
    const left = new Map<number, readonly string[]>()
    const search = new IdSearch((segment) => this.#idsOf(segment), left)
    const wanted = ids.filter(looksGenerated).map((id) => ({ id, time: timeOfId(id) }))
    if (wanted.length === 0) return search
    wanted.sort((a, b) => a.time - b.time)
    const times = wanted.map(({ time }) => time)
    for (const { segment, from, to } of this.#times) {
      const [first, end] = [firstAbove(times, from - 1), firstAbove(times, to)]
      if (first === end) continue
      const covered = wanted.slice(first, end).map(({ id }) => id)
      const known = this.#full.get(segment)
      if (known) search.look(covered, known)
      else left.set(segment, covered)
    }
    search.look(ids, this.#idsOfOpen(open, head))
    return search
  }

  /** A segment is full. */
  filled({ segment, idTimes }: OpenSegment): void {
    if (idTimes) this.#times = [...this.#times, { segment, ...idTimes }]
  }

  /** Segments are removed. */
  removed(segments: ReadonlySet<number>): void {
    this.#times = this.#times.filter(({ segment }) => !segments.has(segment))
  }

  #idsOf(segment: number): ReadonlyMap<string, number> {
    const known = this.#full.get(segment)
    if (known) return known
    const ids = new Map<string, number>()
    this.#read(ids, startOf(segment), startOf(segment + 1) - 1)
    return this.#full.set(segment, ids)
  }

  #idsOfOpen({ segment }: OpenSegment, head: number): ReadonlyMap<string, number> {
    if (this.#open?.segment !== segment) this.#open = { segment, ids: new Map(), upTo: startOf(segment) - 1 }
    const { ids, upTo } = this.#open
    if (upTo < head) this.#read(ids, upTo + 1, head)
    this.#open.upTo = head
    return ids
  }

  #read(ids: Map<string, number>, from: number, to: number): void {
    for (const { generatedId, offset } of this.#reads.events(from, to))
      if (generatedId !== undefined) ids.set(generatedId, offset)
  }
}

/** The index of the first of these ascending numbers above one; their count if there is none. */
function firstAbove(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] as number) > limit) high = middle
    else low = middle + 1
  }
  return low
}
