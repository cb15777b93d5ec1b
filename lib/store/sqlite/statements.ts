import type { DatabaseSync } from 'node:sqlite'
import { SEGMENT_BITS } from './migrations.ts'
import { EVENT_COLUMNS } from '../rows.ts'

/** More than most events: with less room than this some are refused soon. */
export const CHECK_BYTES = 65_536

/** The condition of every read. */
const IN_READ = `e."offset" > :after AND e."offset" <= :upTo
  AND (:events IS NULL OR e.event IN (SELECT value FROM json_each(:events)))
  AND (:instances IS NULL OR e.instance IN (SELECT value FROM json_each(:instances)))`

export type Statements = ReturnType<typeof prepareStatements>

/** Everything the SQLite store asks of its database, prepared once. Instances have their own. */
export function prepareStatements(db: DatabaseSync) {
  return {
    insertEvent: db.prepare(`
      INSERT INTO events (instance_key, id, instance, event, flags, accepted_at, envelope, extra, data)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id, instance_key) DO NOTHING`),
    findEvent: db.prepare('SELECT "offset" FROM events WHERE instance_key = ? AND id = ?'),
    read: { oldestFirst: prepareReads(db, 'ASC'), newestFirst: prepareReads(db, 'DESC') },
    firstOffset: db.prepare('SELECT min("offset") AS first FROM events'),
    firstNeeded: db.prepare(`
      SELECT min((SELECT pruned_to + 1 FROM log),
        coalesce((SELECT min("offset") FROM deliveries), ${Number.MAX_SAFE_INTEGER}),
        coalesce((SELECT min("offset") FROM dead_letters), ${Number.MAX_SAFE_INTEGER})) AS first`),
    head: db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'"),

    allQueues: db.prepare('SELECT key, name FROM queues'),
    insertQueue: db.prepare('INSERT INTO queues (name) VALUES (?)'),

    countDeliveries: db.prepare('SELECT count(*) AS n FROM deliveries'),
    insertDelivery: db.prepare('INSERT INTO deliveries (queue_key, instance_key, "offset") VALUES (?, ?, ?)'),
    deleteDelivery: db.prepare('DELETE FROM deliveries WHERE queue_key = ? AND instance_key = ? AND "offset" = ?'),
    oldestPending: db.prepare(`
      SELECT accepted_at FROM events WHERE "offset" = (SELECT min("offset") FROM deliveries)`),
    lanes: db.prepare('SELECT DISTINCT queue_key, instance_key FROM deliveries'),
    readLane: db.prepare(`
      SELECT ${EVENT_COLUMNS} FROM deliveries d JOIN events e ON e."offset" = d."offset"
      WHERE d.queue_key = ? AND d.instance_key = ? AND d."offset" > ?
      ORDER BY d."offset" LIMIT ?`),
    laneOffsets: db.prepare(`
      SELECT "offset" FROM deliveries WHERE queue_key = ? AND instance_key = ? AND "offset" > ? ORDER BY "offset" LIMIT ?`),
    readOne: db.prepare(`SELECT ${EVENT_COLUMNS} FROM events e WHERE e."offset" = ?`),

    insertDeadLetter: db.prepare(`
      INSERT INTO dead_letters (queue_key, instance_key, "offset", reason, message, attempts, died_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)`),
    readDeadLetters: db.prepare(`
      SELECT d.*, q.name AS queue, e.instance, e.event, e.id AS event_id
      FROM dead_letters d JOIN events e ON e."offset" = d."offset" JOIN queues q ON q.key = d.queue_key
      WHERE d.id > :after AND d.id <= :upTo
      AND (:ids IS NULL OR d.id IN (SELECT value FROM json_each(:ids)))
      AND (:instance IS NULL OR e.instance = :instance)
      AND (:queue IS NULL OR q.name = :queue)
      AND (:reason IS NULL OR d.reason = :reason)
      ORDER BY d.id LIMIT :limit`),
    deadLettersAlone: db.prepare(`
      SELECT d.*, q.name AS queue FROM dead_letters d JOIN queues q ON q.key = d.queue_key
      WHERE d.id > :after AND d.id <= :upTo
      AND (:ids IS NULL OR d.id IN (SELECT value FROM json_each(:ids)))
      AND (:queue IS NULL OR q.name = :queue)
      AND (:reason IS NULL OR d.reason = :reason)
      ORDER BY d.id`),
    countDeadLetters: db.prepare(`
      SELECT count(*) AS count, (SELECT seq FROM sqlite_sequence WHERE name = 'dead_letters') AS last_id
      FROM dead_letters`),
    deleteDeadLetter: db.prepare('DELETE FROM dead_letters WHERE id = ?'),

    oldest: db.prepare('SELECT "offset", accepted_at FROM events WHERE "offset" > ? ORDER BY "offset" LIMIT ?'),
    prune: db.prepare(`
      DELETE FROM events WHERE "offset" > ? AND "offset" <= ? AND accepted_at < ?
      AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d."offset" = events."offset")
      AND NOT EXISTS (SELECT 1 FROM dead_letters d WHERE d."offset" = events."offset")
      RETURNING "offset"`),
    log: db.prepare('SELECT id, pruned_to FROM log'),
    setPrunedTo: db.prepare('UPDATE log SET pruned_to = max(pruned_to, ?)'),
    writeCheck: db.prepare(`UPDATE checks SET filler = randomblob(${CHECK_BYTES})`),
    space: db.prepare(`
      SELECT page_count AS pages, freelist_count AS free, page_size AS size
      FROM pragma_page_count, pragma_freelist_count, pragma_page_size`)
  }
}

function prepareReads(db: DatabaseSync, order: 'ASC' | 'DESC') {
  return {
    all: db.prepare(`
      SELECT ${EVENT_COLUMNS} FROM events e
      WHERE ${IN_READ} ORDER BY e."offset" ${order} LIMIT :limit`),
    segment: db.prepare(`
      SELECT ${EVENT_COLUMNS} FROM events e INDEXED BY events_by_segment
      WHERE e."offset" >> ${SEGMENT_BITS} = :segment AND e.instance_key = :instanceKey AND ${IN_READ}
      ORDER BY e."offset" ${order} LIMIT :limit`)
  }
}
