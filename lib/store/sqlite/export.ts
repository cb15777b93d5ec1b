import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { StoreDamagedError, StoreUnusableError } from '../../errors.ts'
import { EVENT_COLUMNS, type Row } from '../rows.ts'
import { openDatabase, unusable } from './database.ts'
import { isWhole } from './damage.ts'
import { Page, takeEvents } from './page.ts'
import { preparePartsRead, readEvent } from './parts.ts'
import { SqlitePending } from './pending.ts'
import { readInstances } from './rows.ts'
import { prepareStatements } from './statements.ts'
import type { Instance } from '../../instances/instance.ts'
import type { StoredEvent } from '../../events/event.ts'

/** Numbers of everything in a log, and its head. */
export interface LogCounts {
  readonly instances: number
  readonly selections: number
  readonly events: number
  readonly pending: number
  readonly deadLetters: number
  readonly lastOffset: number
  readonly prunedTo: number
}

type PendingRow = Record<'offset' | 'queue_key' | 'instance_key', number>

/** Reads a whole SQLite log page by page, with its offsets and keys. It holds the file's lock, so no other process can use it. */
export class SqliteExport {
  readonly #db: DatabaseSync
  readonly #path: string
  #pending: PendingRow[] | undefined

  /** @throws {StoreUnusableError} there is no such file @throws as `openDatabase` does */
  constructor(path: string) {
    if (!existsSync(path)) throw new StoreUnusableError(path, 'there is no such file')
    this.#path = path
    this.#db = openDatabase(path)
  }

  counts(): LogCounts {
    const counts = this.#db
      .prepare(
        `SELECT (SELECT count(*) FROM instances) AS instances, (SELECT count(*) FROM selections) AS selections,
          (SELECT count(*) FROM events) AS events,
          (SELECT count(*) FROM dead_letters) AS deadLetters, (SELECT pruned_to FROM log) AS prunedTo`
      )
      .get() as unknown as Omit<LogCounts, 'pending' | 'lastOffset'>
    return { ...counts, pending: this.#allPending().length, lastOffset: this.lastKey('events') }
  }

  /** In the order in which they began. */
  epochs(): Row[] {
    return this.#db.prepare('SELECT id, first_offset FROM epochs ORDER BY number').all()
  }

  /** Of each instance that was pruned for its share: how far. */
  shares(): Row[] {
    return this.#db.prepare('SELECT instance_key, pruned_to FROM shares WHERE pruned_to > 0').all()
  }

  /** Differs when anything was accepted, sent, buried or changed since. */
  fingerprint(): string {
    const parts = [this.counts(), this.#db.prepare('SELECT id, updated_at FROM instances ORDER BY key').all()]
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  }

  /** The highest number ever given, so that none is given again. */
  lastKey(table: 'instances' | 'events' | 'dead_letters'): number {
    const row = this.#db.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').get(table)
    return (row?.seq as number | undefined) ?? 0
  }

  instances(): Instance[] {
    return [...readInstances(this.#db)]
  }

  queues(): Row[] {
    return this.#db.prepare('SELECT key, name FROM queues ORDER BY key').all()
  }

  /** By ascending offset; `maxBytes` as for `EventStore.read`. */
  events(after: number, options: { limit: number; maxBytes: number }): StoredEvent[] {
    const sql = `SELECT ${EVENT_COLUMNS} FROM events e WHERE e."offset" > ? ORDER BY e."offset"`
    const readParts = preparePartsRead(this.#db)
    const rows = Iterator.from(this.#db.prepare(sql).iterate(after))
    const page = new Page(options)
    try {
      takeEvents(
        rows.map((row) => readEvent({ readParts }, row)),
        page
      )
    } catch (error) {
      throw unusable(this.#path, error)
    }
    const { events } = page
    const spoilt = events.find((event) => !isWhole(event))
    if (spoilt) throw new StoreDamagedError(this.#path, `the text of the event at offset ${spoilt.offset} is not JSON`)
    return events
  }

  /** By ascending offset; all of an offset or none. */
  deliveries(after: number, limit: number): Row[] {
    const pending = this.#allPending()
    const begin = pending.findIndex(({ offset }) => offset > after)
    if (begin < 0) return []
    const last = pending[Math.min(begin + limit, pending.length) - 1] as PendingRow
    return pending.slice(begin, pending.findLastIndex(({ offset }) => offset <= last.offset) + 1)
  }

  /** By ascending id. */
  deadLetters(after: number, limit: number): Row[] {
    return this.#db
      .prepare(
        'SELECT *, coalesce(first_died_at, died_at) AS first_died_at FROM dead_letters WHERE id > ? ORDER BY id LIMIT ?'
      )
      .all(after, limit)
  }

  close(): void {
    this.#db.close()
  }

  /** By ascending offset. */
  #allPending(): PendingRow[] {
    this.#pending ??= new SqlitePending(prepareStatements(this.#db)).lanes
      .deliveries()
      .map(({ offset, queueKey, instanceKey }) => ({ offset, queue_key: queueKey, instance_key: instanceKey }))
      .sort((a, b) => a.offset - b.offset)
    return this.#pending
  }
}
