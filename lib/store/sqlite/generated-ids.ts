import { looksGenerated, timeOfId } from '../../events/event-id.ts'
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

  /** The offset of the event with an id; `undefined` if the log has generated no such id. */
  offsetOf(id: string, open: OpenSegment): number | undefined {
    if (!looksGenerated(id)) return undefined
    const time = timeOfId(id)
    const covers = ({ from, to }: { from: number; to: number }) => time >= from && time <= to
    const segments = this.#times.filter(covers).map(({ segment }) => this.#idsOf(segment))
    return this.#idsOfOpen(open).get(id) ?? segments.map((ids) => ids.get(id)).find((offset) => offset !== undefined)
  }

  /** A segment is full. */
  filled({ segment, idTimes }: OpenSegment): void {
    if (idTimes) this.#times = [...this.#times, { segment, ...idTimes }]
  }

  /** Segments are removed. */
  removed(segments: ReadonlySet<number>): void {
    this.#times = this.#times.filter(({ segment }) => !segments.has(segment))
  }

  /** Events that were read in the transaction may be gone. */
  rolledBack(): void {
    this.#open = undefined
  }

  #idsOf(segment: number): ReadonlyMap<string, number> {
    const known = this.#full.get(segment)
    if (known) return known
    const ids = new Map<string, number>()
    this.#read(ids, startOf(segment), startOf(segment + 1) - 1)
    return this.#full.set(segment, ids)
  }

  #idsOfOpen({ segment }: OpenSegment): ReadonlyMap<string, number> {
    if (this.#open?.segment !== segment) this.#open = { segment, ids: new Map(), upTo: startOf(segment) - 1 }
    const head = this.#reads.head()
    this.#read(this.#open.ids, this.#open.upTo + 1, head)
    this.#open.upTo = head
    return this.#open.ids
  }

  #read(ids: Map<string, number>, from: number, to: number): void {
    for (const { generatedId, offset } of this.#reads.events(from, to))
      if (generatedId !== undefined) ids.set(generatedId, offset)
  }
}
