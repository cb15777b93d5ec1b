import type { LaneKey } from '../delivery-store.ts'
import type { ErasedEvent } from '../log-store.ts'
import { erased } from '../../events/erased.ts'
import type { StoredEvent } from '../../events/event.ts'
import { writeExtras } from '../../events/extras.ts'
import type { SqliteDeliveries } from './deliveries.ts'
import type { SqliteFile } from './file.ts'
import type { SqliteParts } from './parts.ts'
import type { SqliteRetained } from './retained.ts'
import type { Statements } from './statements.ts'

/** What the row of an erased event writes to the write-ahead log, besides the pages that its data frees: a page. */
const ROW_BYTES = 4_096

export interface SqliteEraserOptions {
  file: SqliteFile
  sql: Statements
  parts: SqliteParts
  deliveries: SqliteDeliveries
  retained: SqliteRetained
}

/**
 * Blanks events where they are stored: SQLite overwrites the bytes that they no longer need, also those of pages that
 * become free. Parts of events are left to be removed.
 */
export class SqliteEraser {
  readonly #file: SqliteFile
  readonly #sql: Statements
  readonly #parts: SqliteParts
  readonly #deliveries: SqliteDeliveries
  readonly #retained: SqliteRetained

  constructor({ file, sql, parts, deliveries, retained }: SqliteEraserOptions) {
    this.#file = file
    this.#sql = sql
    this.#parts = parts
    this.#deliveries = deliveries
    this.#retained = retained
  }

  /** Erases events of one instance, inside a transaction. `lanes`: those in which any of them is pending. */
  erase(events: readonly StoredEvent[]): { erased: ErasedEvent[]; lanes: LaneKey[] } {
    const { db } = this.#file
    db.exec('PRAGMA secure_delete = ON')
    try {
      const found = events.filter((event) => this.#update(event))
      const lanes = this.#lanesOf(found)
      return {
        erased: found.map(({ offset }) => ({
          offset,
          pending: lanes.get(offset)?.length as number,
          deadLetters: this.#sql.deadLettersOf.get(offset)?.count as number
        })),
        lanes: [...new Map(lanes.values().flatMap((own) => own.map((lane) => [lane.queue, lane]))).values()]
      }
    } finally {
      db.exec('PRAGMA secure_delete = FAST')
    }
  }

  /** @returns false if the log does not have the event, or has erased it before */
  #update(event: StoredEvent): boolean {
    const blank = erased(event)
    const { flags, envelope, data, offset, instanceKey, id } = blank
    this.#file.sync?.wrote(event.data.length + ROW_BYTES)
    const before = this.#size(offset)
    const key = this.#sql.partsAt.get(offset)?.parts as number | null | undefined
    const { changes } = this.#sql.eraseEvent.run(flags, envelope, writeExtras(blank), data, offset, instanceKey, id)
    if (changes === 0) return false
    if (key) this.#parts.loosen(key, { erased: true })
    this.#retained.reduce({ instanceKey, size: before - this.#size(offset) })
    return true
  }

  #size(offset: number): number {
    return (this.#sql.sizeOf.get(offset)?.size as number | undefined) ?? 0
  }

  #lanesOf(events: readonly StoredEvent[]): Map<number, LaneKey[]> {
    const [first] = events
    if (!first) return new Map()
    return this.#deliveries.lanesWith(
      first.instanceKey,
      events.map(({ offset }) => offset)
    )
  }
}
