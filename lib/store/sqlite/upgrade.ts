import type { DatabaseSync } from 'node:sqlite'
import type { Row } from '../rows.ts'
import { encodeChanges } from './delivery-codec.ts'
import { OpenSegment } from './open-segment.ts'
import { segmentOf, startOf } from './segment.ts'
import { toIndexed } from './segment-reads.ts'
import { writeSegment } from './segments.ts'
import { headOf, prepareStatements, type Statements } from './statements.ts'

/** Called after each step. `done`, `of`: numbers of offsets. */
export type OnUpgrade = (progress: { done: number; of: number }) => void

/** Segments that are one transaction. */
const STEP = 16

/**
 * Brings over what logs of the fifth schema kept in other tables: the indexes of events by instance and id, and pending
 * deliveries. When it is interrupted, the next start continues. Without such tables it does nothing.
 */
export function upgradeLog(db: DatabaseSync, onUpgrade: OnUpgrade | undefined): void {
  // The last table to go.
  if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'deliveries'").get()) return
  const sql = prepareStatements(db)
  const { first } = sql.firstOffset.get() as { first: number | null }
  const { done } = db.prepare('SELECT max(segment) + 1 AS done FROM segments').get() as { done: number | null }
  const last = segmentOf(headOf(sql))
  const begin = segmentOf(first ?? 0)
  for (let segment = done ?? begin; segment <= last; segment += STEP) {
    const end = Math.min(segment + STEP - 1, last)
    inTransaction(db, () => indexSegments(db, sql, { from: segment, to: end, last }))
    if (last - begin > STEP) onUpgrade?.({ done: startOf(end + 1 - begin), of: startOf(last + 1 - begin) })
  }
  inTransaction(db, () => {
    bringDeliveries(db, sql)
    db.exec('DROP TABLE deliveries; DROP INDEX events_by_id; DROP INDEX events_by_segment')
  })
}

/** When `work` throws, the database is closed, which rolls the transaction back. */
function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  work()
  db.exec('COMMIT')
}

function indexSegments(
  db: DatabaseSync,
  sql: Statements,
  { from, to, last }: { from: number; to: number; last: number }
): void {
  // The last segment has no row, so its ids may be there already.
  const insertId = db.prepare('INSERT OR IGNORE INTO ids (id, instance_key, "offset") VALUES (?, ?, ?)')
  for (let segment = from; segment <= to; segment++) {
    const index = new OpenSegment(segment)
    for (const row of sql.indexed.iterate(startOf(segment), startOf(segment + 1) - 1)) {
      const event = toIndexed(row)
      index.add(event)
      if (event.generatedId === undefined) insertId.run(row.id as string, event.instanceKey, event.offset)
    }
    if (segment < last) writeSegment(sql, index)
  }
}

function bringDeliveries(db: DatabaseSync, sql: Statements): void {
  let segment = 0
  let deliveries: number[] = []
  const write = () => {
    if (deliveries.length > 0) sql.putPending.run(segment, encodeChanges(deliveries))
    deliveries = []
  }
  for (const row of db.prepare('SELECT * FROM deliveries ORDER BY "offset"').iterate() as Iterable<Row>) {
    const offset = row.offset as number
    if (segmentOf(offset) !== segment) write()
    segment = segmentOf(offset)
    deliveries.push(offset, row.queue_key as number, row.instance_key as number)
  }
  write()
}
