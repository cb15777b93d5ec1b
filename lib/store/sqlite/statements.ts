import type { DatabaseSync } from 'node:sqlite'
import { EVENT_COLUMNS } from '../rows.ts'

/** More than most events: with less room than this some are refused soon. */
export const CHECK_BYTES = 65_536

/** Bytes of `data` above which it is read as bytes instead of text. */
const LARGE_BYTES = 1_048_576
const ONE_EVENT_COLUMNS = EVENT_COLUMNS.replace(
  'e.data',
  `CASE WHEN octet_length(e.data) > ${LARGE_BYTES} THEN CAST(e.data AS BLOB) ELSE e.data END AS data`
)

export type Statements = ReturnType<typeof prepareStatements>

/** Everything the SQLite store asks of its database, prepared once. Instances have their own. */
export function prepareStatements(db: DatabaseSync) {
  return {
    insertEvent: db.prepare(`
      INSERT INTO events (instance_key, id, instance, event, flags, accepted_at, envelope, extra, data)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    isAt: db.prepare('SELECT 1 FROM events WHERE "offset" = ? AND instance_key = ? AND id = ?'),
    acceptedAt: db.prepare('SELECT accepted_at FROM events WHERE "offset" = ?'),
    read: { oldestFirst: prepareRead(db, 'ASC'), newestFirst: prepareRead(db, 'DESC') },
    // With a single `max`, SQLite takes the other columns from the row that has the maximum.
    sums: db.prepare(`
      SELECT instance_key, instance, event, max("offset") AS "offset", accepted_at, count(*) AS count FROM events
      WHERE "offset" > :after AND "offset" <= :upTo GROUP BY instance_key, accepted_at / :partMs`),
    firstOffset: db.prepare('SELECT min("offset") AS first FROM events'),
    firstNeeded: db.prepare(`
      SELECT min((SELECT pruned_to + 1 FROM log),
        coalesce((SELECT min("offset") FROM dead_letters), ${Number.MAX_SAFE_INTEGER})) AS first`),
    head: db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'"),

    allQueues: db.prepare('SELECT key, name FROM queues'),
    insertQueue: db.prepare('INSERT INTO queues (name) VALUES (?)'),

    findKnownQueue: db.prepare('SELECT url, max_bytes FROM known_queues WHERE name = ? AND service = ?'),
    putKnownQueue: db.prepare(
      'INSERT OR REPLACE INTO known_queues (name, service, url, max_bytes) VALUES (?, ?, ?, ?)'
    ),
    deleteKnownQueue: db.prepare('DELETE FROM known_queues WHERE name = ?'),

    findId: db.prepare('SELECT "offset" FROM ids WHERE id = ? AND instance_key = ?'),
    insertId: db.prepare('INSERT INTO ids (id, instance_key, "offset") VALUES (?, ?, ?)'),
    deleteId: db.prepare('DELETE FROM ids WHERE id = ? AND instance_key = ?'),

    /** Events as segments index them, from one offset up to another. */
    indexed: db.prepare(`
      SELECT "offset", instance_key, flags, id FROM events WHERE "offset" BETWEEN ? AND ? ORDER BY "offset"`),
    idTimes: db.prepare('SELECT segment, ids_from, ids_to FROM segments WHERE ids_from IS NOT NULL ORDER BY segment'),
    places: db.prepare('SELECT places FROM segments WHERE segment = ?'),
    insertSegment: db.prepare('INSERT INTO segments (segment, ids_from, ids_to, places) VALUES (?, ?, ?, ?)'),
    deleteSegments: db.prepare('DELETE FROM segments WHERE segment < ?'),

    allPending: db.prepare('SELECT deliveries FROM pending ORDER BY segment'),
    pendingOf: db.prepare('SELECT deliveries FROM pending WHERE segment = ?'),
    putPending: db.prepare('INSERT OR REPLACE INTO pending (segment, deliveries) VALUES (?, ?)'),
    deletePending: db.prepare('DELETE FROM pending WHERE segment = ?'),
    allDeliveryChanges: db.prepare('SELECT number, changes FROM delivery_changes ORDER BY number'),
    insertDeliveryChanges: db.prepare('INSERT INTO delivery_changes (number, changes) VALUES (?, ?)'),
    deleteDeliveryChanges: db.prepare('DELETE FROM delivery_changes WHERE number <= ?'),

    readOne: db.prepare(`SELECT ${ONE_EVENT_COLUMNS} FROM events e WHERE e."offset" = ?`),

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
      AND "offset" NOT IN (SELECT value FROM json_each(?))
      AND NOT EXISTS (SELECT 1 FROM dead_letters d WHERE d."offset" = events."offset")
      RETURNING "offset", instance_key, flags, id`),
    log: db.prepare('SELECT id, pruned_to FROM log'),
    epochEnd: db.prepare(`
      SELECT first_offset - 1 AS "offset" FROM epochs WHERE number > (SELECT number FROM epochs WHERE id = ?)
      ORDER BY number LIMIT 1`),
    setPrunedTo: db.prepare('UPDATE log SET pruned_to = max(pruned_to, ?)'),
    writeCheck: db.prepare(`UPDATE checks SET filler = randomblob(${CHECK_BYTES})`),
    space: db.prepare(`
      SELECT page_count AS pages, freelist_count AS free, page_size AS size
      FROM pragma_page_count, pragma_freelist_count, pragma_page_size`)
  }
}

function prepareRead(db: DatabaseSync, order: 'ASC' | 'DESC') {
  return db.prepare(`
    SELECT ${EVENT_COLUMNS} FROM events e
    WHERE e."offset" > :after AND e."offset" <= :upTo
    AND (:events IS NULL OR e.event IN (SELECT value FROM json_each(:events)))
    AND (:instances IS NULL OR e.instance IN (SELECT value FROM json_each(:instances)))
    ORDER BY e."offset" ${order} LIMIT :limit`)
}

/** The highest offset so far; 0: none. */
export function headOf(sql: Statements): number {
  return (sql.head.get()?.seq as number | undefined) ?? 0
}
