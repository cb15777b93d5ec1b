import type { DatabaseSync } from 'node:sqlite'
import { ERASED, IN_PARTS } from '../../events/event.ts'
import { EVENT_COLUMNS } from '../rows.ts'
import { preparePartsRead } from './parts.ts'
import { SEGMENT_OFFSETS } from './segment.ts'

/** More than most events: with less room than this some are refused soon. */
export const CHECK_BYTES = 65_536

/** Bytes of `data` above which it is read as bytes instead of text. */
const LARGE_BYTES = 1_048_576
const ONE_EVENT_COLUMNS = EVENT_COLUMNS.replace(
  'e.data',
  `CASE WHEN octet_length(e.data) > ${LARGE_BYTES} THEN CAST(e.data AS BLOB) ELSE e.data END AS data`
)

/** A guess of the bytes that the row of an event and its index entries take, besides its texts. */
export const ROW_BYTES = 256
/** Bytes that an event takes. */
const EVENT_BYTES = `octet_length(envelope) + octet_length(extra) + ${ROW_BYTES}
  + CASE WHEN flags & ${IN_PARTS} AND json_valid(data) THEN data ->> 'bytes' ELSE octet_length(data) END`
/** The key of its parts; null: it has none. In a damaged file a reference may be no JSON. */
const PARTS_KEY = `CASE WHEN flags & ${IN_PARTS} AND json_valid(data) THEN data ->> 'parts' END AS parts`
const REMOVED_COLUMNS = `"offset", instance_key, flags, id, ${EVENT_BYTES} AS size, ${PARTS_KEY}`

export type Statements = ReturnType<typeof prepareStatements>

/** Everything the SQLite store asks of its database, prepared once. Instances have their own. */
export function prepareStatements(db: DatabaseSync) {
  return {
    insertEvent: db.prepare(`
      INSERT INTO events (instance_key, id, instance, event, flags, accepted_at, envelope, extra, data)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    eraseEvent: db.prepare(`
      UPDATE events SET flags = ?, envelope = ?, extra = ?, data = ?
      WHERE "offset" = ? AND instance_key = ? AND id = ? AND flags & ${ERASED} = 0`),
    partsAt: db.prepare(`SELECT ${PARTS_KEY} FROM events WHERE "offset" = ?`),

    readParts: preparePartsRead(db),
    insertPart: db.prepare('INSERT INTO parts (number, data) VALUES (?, ?)'),
    bytesOfParts: db.prepare('SELECT sum(octet_length(data)) AS bytes FROM parts WHERE number BETWEEN ? AND ?'),
    deleteParts: db.prepare(`
      DELETE FROM parts WHERE number IN (SELECT number FROM parts WHERE number BETWEEN ? AND ? LIMIT ?)`),
    lastPartsKey: db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'loose_parts'"),
    addLooseParts: db.prepare('INSERT OR IGNORE INTO loose_parts (key) VALUES (?)'),
    loosenParts: db.prepare('INSERT INTO loose_parts (key, erased) VALUES (?, ?)'),
    deleteLooseParts: db.prepare('DELETE FROM loose_parts WHERE key = ?'),
    /** The next key whose parts are to be removed, but not those of some; those of erased events first, or only those. */
    looseParts: db.prepare(`
      SELECT key, erased FROM loose_parts WHERE key NOT IN (SELECT value FROM json_each(?)) AND erased >= ?
      ORDER BY erased DESC, key LIMIT 1`),

    isAt: db.prepare('SELECT 1 FROM events WHERE "offset" = ? AND instance_key = ? AND id = ?'),
    nameAt: db.prepare('SELECT instance FROM events WHERE "offset" = ?'),
    acceptedAt: db.prepare('SELECT accepted_at FROM events WHERE "offset" = ?'),
    read: { oldestFirst: prepareRead(db, 'ASC'), newestFirst: prepareRead(db, 'DESC') },
    // With a single `max`, SQLite takes the other columns from the row that has the maximum.
    sums: db.prepare(`
      SELECT instance_key, instance, event, max("offset") AS "offset", accepted_at, count(*) AS count FROM events
      WHERE "offset" > :after AND "offset" <= :upTo GROUP BY instance_key, accepted_at / :partMs`),
    firstOffset: db.prepare('SELECT min("offset") AS first FROM events'),
    /** The offset of an event, and that of the nearest one after or before it. */
    firstFrom: db.prepare('SELECT min("offset") AS "offset" FROM events WHERE "offset" >= ?'),
    lastUpTo: db.prepare('SELECT max("offset") AS "offset" FROM events WHERE "offset" <= ?'),
    firstNeeded: db.prepare(`
      SELECT min((SELECT pruned_to + 1 FROM log),
        coalesce((SELECT min("offset") FROM dead_letters), ${Number.MAX_SAFE_INTEGER})) AS first`),
    head: db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'"),

    allQueues: db.prepare('SELECT key, name FROM queues'),
    insertQueue: db.prepare('INSERT INTO queues (name) VALUES (?)'),

    findKnownQueue: db.prepare('SELECT name, url, max_bytes FROM known_queues WHERE name = ? AND service = ?'),
    listKnownQueues: db.prepare(
      'SELECT name, url, max_bytes FROM known_queues WHERE service = ? AND name > ? ORDER BY name LIMIT ?'
    ),
    putKnownQueue: db.prepare(
      'INSERT OR REPLACE INTO known_queues (name, service, url, max_bytes) VALUES (?, ?, ?, ?)'
    ),
    deleteKnownQueue: db.prepare('DELETE FROM known_queues WHERE name = ?'),

    findId: db.prepare('SELECT "offset" FROM ids WHERE id = ? AND instance_key = ?'),
    findIds: db.prepare('SELECT "offset" FROM ids WHERE id = ?'),
    insertId: db.prepare('INSERT INTO ids (id, instance_key, "offset") VALUES (?, ?, ?)'),
    deleteId: db.prepare('DELETE FROM ids WHERE id = ? AND instance_key = ?'),

    /** Events as segments index them, from one offset up to another. */
    indexed: db.prepare(`
      SELECT "offset", instance_key, flags, id FROM events WHERE "offset" BETWEEN ? AND ? ORDER BY "offset"`),
    idTimes: db.prepare('SELECT segment, ids_from, ids_to FROM segments WHERE ids_from IS NOT NULL ORDER BY segment'),
    places: db.prepare('SELECT places FROM segments WHERE segment = ?'),
    insertSegment: db.prepare('INSERT INTO segments (segment, ids_from, ids_to, places) VALUES (?, ?, ?, ?)'),
    /** Removes segments, from one up to another, of which no event is left. */
    deleteEmptySegments: db.prepare(`
      DELETE FROM segments WHERE segment BETWEEN ? AND ? AND NOT EXISTS (
        SELECT 1 FROM events e WHERE e."offset" >= segment * ${SEGMENT_OFFSETS}
        AND e."offset" < (segment + 1) * ${SEGMENT_OFFSETS})
      RETURNING segment`),

    allPending: db.prepare('SELECT deliveries FROM pending ORDER BY segment'),
    pendingOf: db.prepare('SELECT deliveries FROM pending WHERE segment = ?'),
    putPending: db.prepare('INSERT OR REPLACE INTO pending (segment, deliveries) VALUES (?, ?)'),
    deletePending: db.prepare('DELETE FROM pending WHERE segment = ?'),
    allDeliveryChanges: db.prepare('SELECT number, changes FROM delivery_changes ORDER BY number'),
    insertDeliveryChanges: db.prepare('INSERT INTO delivery_changes (number, changes) VALUES (?, ?)'),
    deleteDeliveryChanges: db.prepare('DELETE FROM delivery_changes WHERE number <= ?'),

    readOne: db.prepare(`SELECT ${ONE_EVENT_COLUMNS} FROM events e WHERE e."offset" = ?`),

    insertDeadLetter: db.prepare(`
      INSERT INTO dead_letters
        (id, queue_key, instance_key, "offset", reason, message, attempts, died_at, tries, first_died_at)
      VALUES (:id, :queueKey, :instanceKey, :offset, :reason, :message, :attempts, :diedAt, :tries, :firstDiedAt)`),
    insertRedriven: db.prepare(`
      INSERT INTO redriven (id, queue_key, instance_key, "offset", tries, first_died_at, redriven_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)`),
    readRedriven: db.prepare('SELECT * FROM redriven WHERE id IN (SELECT value FROM json_each(?))'),
    redrivenBefore: db.prepare('SELECT * FROM redriven WHERE redriven_at < ? ORDER BY redriven_at LIMIT ?'),
    keepRedriven: db.prepare('UPDATE redriven SET redriven_at = ? WHERE id = ?'),
    takeRedriven: db.prepare(`
      DELETE FROM redriven WHERE "offset" = ? AND queue_key = ? AND instance_key = ?
      RETURNING id, tries, first_died_at`),
    deleteRedriven: db.prepare('DELETE FROM redriven WHERE id = ?'),
    readDeadLetters: prepareDeadLetters(db, 'dead_letters d'),
    // Otherwise all dead letters would be read.
    deadLettersById: prepareDeadLetters(db, 'json_each(:ids) i CROSS JOIN dead_letters d ON d.id = i.value'),
    deadLettersAlone: db.prepare(`
      SELECT d.*, q.name AS queue FROM dead_letters d JOIN queues q ON q.key = d.queue_key
      WHERE d.id > :after AND d.id <= :upTo
      AND (:ids IS NULL OR d.id IN (SELECT value FROM json_each(:ids)))
      AND (:queue IS NULL OR q.name = :queue)
      AND (:reason IS NULL OR d.reason = :reason)
      ORDER BY d.id`),
    /** Groups of the next dead letters in the order of groups; their instance is that of the event at `offset`. */
    groupDeadLetters: db.prepare(`
      SELECT reason, queue_key, instance_key, count(*) AS count, min(coalesce(first_died_at, died_at)) AS first_died_at,
        max(died_at) AS last_died_at, max("offset") AS "offset", max(id) AS last_id
      FROM (
        SELECT * FROM dead_letters INDEXED BY dead_letters_by_group
        WHERE (reason, queue_key, instance_key, id) > (:reason, :queue_key, :instance_key, :last_id)
        ORDER BY reason, queue_key, instance_key, id LIMIT :limit
      ) GROUP BY reason, queue_key, instance_key`),
    lastDeadLetter: db.prepare('SELECT max(id) AS id FROM dead_letters'),
    countDeadLetters: db.prepare(`
      SELECT count(*) AS count, (SELECT seq FROM sqlite_sequence WHERE name = 'dead_letters') AS last_id
      FROM dead_letters`),
    deadLettersOfEvent: db.prepare(`
      SELECT q.name AS queue, d.id, d.reason, d.message FROM dead_letters d JOIN queues q ON q.key = d.queue_key
      WHERE d."offset" = ? AND d.instance_key = ?`),
    deadLettersOf: db.prepare('SELECT count(*) AS count FROM dead_letters WHERE "offset" = ?'),
    deleteDeadLetter: db.prepare('DELETE FROM dead_letters WHERE id = ?'),

    oldest: db.prepare('SELECT "offset", accepted_at FROM events WHERE "offset" > ? ORDER BY "offset" LIMIT ?'),
    prune: db.prepare(`
      DELETE FROM events WHERE "offset" > ? AND "offset" <= ? AND accepted_at < ?
      AND "offset" NOT IN (SELECT value FROM json_each(?))
      AND NOT EXISTS (SELECT 1 FROM dead_letters d WHERE d."offset" = events."offset")
      RETURNING ${REMOVED_COLUMNS}`),
    sizeOf: db.prepare(`SELECT ${EVENT_BYTES} AS size FROM events WHERE "offset" = ?`),
    shares: db.prepare('SELECT instance_key, bytes, pruned_to FROM shares'),
    putShare: db.prepare(
      'INSERT OR REPLACE INTO shares (instance_key, bytes, pruned_to, counted_to) VALUES (?, ?, ?, ?)'
    ),
    uncounted: db.prepare(`
      SELECT e.instance_key, sum(${EVENT_BYTES}) AS bytes
      FROM events e LEFT JOIN shares s ON s.instance_key = e.instance_key
      WHERE e."offset" > :after AND e."offset" <= :upTo AND e."offset" > coalesce(s.counted_to, 0)
      GROUP BY e.instance_key`),
    setCountedTo: db.prepare('UPDATE log SET counted_to = ?'),
    pruneOne: db.prepare(`
      DELETE FROM events WHERE "offset" = ?
      AND NOT EXISTS (SELECT 1 FROM dead_letters d WHERE d."offset" = events."offset")
      RETURNING ${REMOVED_COLUMNS}`),
    setSharesPrunedTo: db.prepare('UPDATE log SET shares_pruned_to = max(shares_pruned_to, ?)'),
    log: db.prepare('SELECT id, pruned_to, shares_pruned_to, counted_to FROM log'),
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

/** The dead letters of a table that fit a filter. Events are read last, and only of instances that may have the name. */
function prepareDeadLetters(db: DatabaseSync, from: string) {
  return db.prepare(`
    SELECT d.*, q.name AS queue, e.instance, e.event, e.id AS event_id
    FROM ${from} CROSS JOIN queues q ON q.key = d.queue_key CROSS JOIN events e ON e."offset" = d."offset"
    WHERE d.id > :after AND d.id <= :upTo
    AND (:instance IS NULL OR d.instance_key = :instanceKey
      OR NOT EXISTS (SELECT 1 FROM instances i WHERE i.key = d.instance_key))
    AND (:instance IS NULL OR e.instance = :instance)
    AND (:queue IS NULL OR q.name = :queue)
    AND (:reason IS NULL OR d.reason = :reason)
    ORDER BY d.id LIMIT :limit`)
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
