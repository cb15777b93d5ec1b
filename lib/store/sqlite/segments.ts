import type { SqliteDamage } from './damage.ts'
import { GeneratedIds } from './generated-ids.ts'
import type { IdSearch } from './id-search.ts'
import { type Indexed, OpenSegment } from './open-segment.ts'
import { PlaceIndex } from './place-index.ts'
import { Recent } from './recent.ts'
import { segmentOf, startOf } from './segment.ts'
import { SegmentReads } from './segment-reads.ts'
import { headOf, type Statements } from './statements.ts'
import type { TransactionPart } from './transaction-part.ts'

/** Full segments whose places are kept in memory, 8 to 32 kB each. */
const INDEXES = 256

/**
 * The index of the log by instance and by generated id. That of the last segment is in memory, and is read from its events
 * at start; it is written once the segment is full.
 */
export class SqliteSegments implements TransactionPart {
  readonly #sql: Statements
  readonly #ids: GeneratedIds
  readonly #indexes = new Recent<number, PlaceIndex>(INDEXES)
  #open: OpenSegment
  /** The highest offset that was committed. */
  #head: number
  /** Events of this transaction. */
  #fresh: Indexed[] = []
  /** The segments from the open one on with the events of this transaction, if they do not fit into it. */
  #filled: OpenSegment[] = []

  constructor({ sql, damage }: { sql: Statements; damage: SqliteDamage }) {
    this.#sql = sql
    const reads = new SegmentReads({ sql, damage })
    this.#ids = new GeneratedIds(reads)
    const head = headOf(sql)
    this.#head = head
    this.#open = new OpenSegment(segmentOf(head))
    for (const event of reads.events(startOf(this.#open.segment), head)) this.#open.add(event)
  }

  /** Adds an event, inside a transaction. */
  add(event: Indexed): void {
    this.#fresh.push(event)
  }

  /** Offsets of an instance's events in a segment, ascending; some may be pruned. */
  offsets(segment: number, instanceKey: number): number[] {
    return Array.from(this.#places(segment).of(instanceKey), (place) => startOf(segment) + place)
  }

  /** The instances that have events in a segment; some of these may be pruned. */
  instanceKeys(segment: number): Iterable<number> {
    return this.#places(segment).instanceKeys()
  }

  /** Searches for events by ids that may have been generated. Not to be called inside a transaction. */
  search(ids: readonly string[]): IdSearch {
    return this.#ids.search(ids, { open: this.#open, head: this.#head })
  }

  /**
   * Removes the index of segments of which no event is left, inside a transaction.
   * @returns those that are removed
   */
  removeEmpty({ from, upTo }: { from: number; upTo: number }): number[] {
    const rows = this.#sql.deleteEmptySegments.all(segmentOf(from), segmentOf(upTo)) as { segment: number }[]
    return rows.map(({ segment }) => segment)
  }

  /** Forgets them, after the commit. */
  removed(segments: readonly number[]): void {
    if (segments.length > 0) this.#ids.removed(new Set(segments))
  }

  write(): void {
    const last = this.#fresh.at(-1)
    if (!last || segmentOf(last.offset) === this.#open.segment) return
    let open = this.#open.copy()
    this.#filled = [open]
    for (const event of this.#fresh) {
      const segment = segmentOf(event.offset)
      if (segment > open.segment) {
        writeSegment(this.#sql, open)
        open = new OpenSegment(segment)
        this.#filled.push(open)
      }
      open.add(event)
    }
  }

  committed(): void {
    this.#head = this.#fresh.at(-1)?.offset ?? this.#head
    const open = this.#filled.pop()
    if (open) {
      for (const full of this.#filled) this.#ids.filled(full)
      this.#open = open
      this.#filled = []
    } else for (const event of this.#fresh) this.#open.add(event)
    this.#fresh = []
  }

  rolledBack(): void {
    this.#fresh = []
    this.#filled = []
  }

  /** @throws {BytesDamagedError} it is not what was written */
  #places(segment: number): PlaceIndex | OpenSegment {
    if (segment === this.#open.segment) return this.#open
    const known = this.#indexes.get(segment)
    if (known) return known
    return this.#indexes.set(segment, new PlaceIndex(this.#sql.places.get(segment)?.places))
  }
}

/** Writes the index of a full segment. */
export function writeSegment(sql: Statements, full: OpenSegment): void {
  const { segment, idTimes } = full
  sql.insertSegment.run(segment, idTimes?.from ?? null, idTimes?.to ?? null, full.encode())
}
