import type { DatabaseSync } from 'node:sqlite'
import type { Row } from '../rows.ts'
import { encodeChanges } from './delivery-codec.ts'
import { OpenSegment } from './open-segment.ts'
import { segmentOf, startOf } from './segment.ts'
import { toIndexed } from './segment-reads.ts'
import { writeSegment } from './segments.ts'

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
  const { first, head, done } = db
    .prepare(
      `SELECT coalesce((SELECT min("offset") FROM events), 0) AS first,
        coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS head,
        (SELECT max(segment) + 1 FROM segments) AS done`
    )
    .get() as { first: number; head: number; done: number | null }
  const last = segmentOf(head)
  const begin = segmentOf(first)
  for (let segment = done ?? begin; segment <= last; segment += STEP) {
    const end = Math.min(segment + STEP - 1, last)
    inTransaction(db, () => indexSegments(db, { from: segment, to: end, last }))
    if (last - begin > STEP) onUpgrade?.({ done: startOf(end + 1 - begin), of: startOf(last + 1 - begin) })
  }
  inTransaction(db, () => {
    bringDeliveries(db)
    db.exec('DROP TABLE deliveries; DROP INDEX events_by_id; DROP INDEX events_by_segment')
  })
}

/** When `work` throws, the database is closed, which rolls the transaction back. */
function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  work()
  db.exec('COMMIT')
}

function indexSegments(db: DatabaseSync, { from, to, last }: { from: number; to: number; last: number }): void {
  const events = db.prepare(
    'SELECT "offset", instance_key, flags, id FROM events WHERE "offset" BETWEEN ? AND ? ORDER BY "offset"'
  )
  // The last segment has no row, so its ids may be there already.
  const insertId = db.prepare('INSERT OR IGNORE INTO ids (id, instance_key, "offset") VALUES (?, ?, ?)')
  const insertSegment = db.prepare('INSERT INTO segments (segment, ids_from, ids_to, places) VALUES (?, ?, ?, ?)')
  for (let segment = from; segment <= to; segment++) {
    const index = new OpenSegment(segment)
    for (const row of events.iterate(startOf(segment), startOf(segment + 1) - 1)) {
      const event = toIndexed(row)
      index.add(event)
      if (event.generatedId === undefined) insertId.run(row.id as string, event.instanceKey, event.offset)
    }
    if (segment < last) writeSegment({ insertSegment }, index)
  }
}

function bringDeliveries(db: DatabaseSync): void {
  const put = db.prepare('INSERT INTO pending (segment, deliveries) VALUES (?, ?)')
  let segment = 0
  let deliveries: number[] = []
  const write = () => {
    if (deliveries.length > 0) put.run(segment, encodeChanges(deliveries))
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
