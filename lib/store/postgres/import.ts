import { Client } from 'pg'
import { StoreUnusableError } from '../../errors.ts'
import { writeExtras } from '../../events/extras.ts'
import { eventSize } from '../../events/messages.ts'
import { numberArray, textArray } from './binary-array.ts'
import { connectionConfig } from './connection.ts'
import { instanceValues } from './instances.ts'
import { LOCKS, lockSpace } from './locks.ts'
import { migrate, nameOf } from './migrate.ts'
import type { Row } from '../rows.ts'
import type { LogCounts } from '../sqlite/export.ts'
import type { Instance } from '../../instances/instance.ts'
import type { StoredEvent } from '../../events/event.ts'

/** Time for which a lock is waited for: a process that holds it may be ending. */
const LOCK_TIMEOUT_MS = 2_000
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const LOCK_NOT_AVAILABLE = '55P03'

/** The parts of a log that are written before its events. */
export interface ImportStart {
  /** Identifies the state of the source: an interrupted import is only continued from the same one. */
  readonly fingerprint: string
  /** `id` and `first_offset` of each, in the order in which they began. */
  readonly epochs: readonly Row[]
  readonly counts: LogCounts
  readonly instances: readonly Instance[]
  /** `instance_key` and `pruned_to` of each instance that was pruned for its share. */
  readonly shares: readonly Row[]
  /** Highest key that the source ever gave to an instance. */
  readonly lastInstanceKey: number
  readonly queues: readonly Row[]
}

/** The last numbers that were imported. */
export interface ImportPosition {
  readonly events: number
  readonly deliveries: number
  readonly deadLetters: number
}

/**
 * Writes the log of another store into an empty schema, with the numbers that it had there, so that clients' offsets and
 * deduplication ids stay valid. Each page is one transaction; the rows that are there show where to continue. No node may
 * run on the schema meanwhile.
 */
export class PostgresImport {
  readonly #client: Client
  readonly #schema: string
  readonly #name: string

  /**
   * Connects, brings the schema up to date, and locks nodes out.
   * @throws {StoreUnusableError} a node runs on it, it cannot be reached, or it refuses
   */
  static async open({ url, schema }: { url: string; schema: string }): Promise<PostgresImport> {
    await migrate(url, schema)
    const client = new Client({ ...connectionConfig(url), statement_timeout: 0, query_timeout: 0 })
    // Without a listener an error ends the process; a query in progress rejects by itself.
    client.on('error', () => {})
    const target = new PostgresImport(client, { schema, name: nameOf(url) })
    try {
      await client.connect()
      await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`)
      await client.query('SELECT pg_advisory_lock($1, $2)', [lockSpace(schema), LOCKS.nodes])
      return target
    } catch (error) {
      await target.close()
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error
      throw target.#unusable('a server or another migration is using it: stop that first')
    }
  }

  private constructor(client: Client, { schema, name }: { schema: string; name: string }) {
    this.#client = client
    this.#schema = schema
    this.#name = name
  }

  /**
   * Writes instances and queues, unless an earlier import has.
   * @returns where to continue; `undefined` if this source has been imported completely
   * @throws {StoreUnusableError} the schema holds another log
   */
  async begin(start: ImportStart): Promise<ImportPosition | undefined> {
    const schema = this.#schema
    await this.#client.query(
      `CREATE TABLE IF NOT EXISTS ${schema}.migrated_from (fingerprint text NOT NULL, finished boolean NOT NULL)`
    )
    const { rows } = await this.#client.query<Row>(`SELECT * FROM ${schema}.migrated_from`)
    if (rows[0]?.finished === true && rows[0].fingerprint === start.fingerprint) return undefined
    if (rows[0] === undefined) await this.#transaction(() => this.#start(start))
    else await this.#assertSame(rows[0], start)
    const position = await this.#one(
      `SELECT (SELECT coalesce(max("offset"), 0) FROM ${schema}.events) AS events,
        (SELECT coalesce(max("offset"), 0) FROM ${schema}.deliveries) AS deliveries,
        (SELECT coalesce(max(id), 0) FROM ${schema}.dead_letters) AS "deadLetters"`
    )
    return position as unknown as ImportPosition
  }

  async events(events: readonly StoredEvent[]): Promise<void> {
    const numbers = (pick: (event: StoredEvent) => number) => numberArray(events.map(pick))
    const texts = (pick: (event: StoredEvent) => string) => textArray(events.map(pick))
    const bytes = events.reduce((sum, event) => sum + eventSize(event) + 256, 0)
    await this.#transaction(async () => {
      await this.#client.query(
        `INSERT INTO ${this.#schema}.events
          ("offset", instance_key, accepted_at, flags, size, id, instance, event, envelope, extra, data)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[],
          $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])`,
        [
          numbers(({ offset }) => offset),
          numbers(({ instanceKey }) => instanceKey),
          numbers(({ acceptedAt }) => acceptedAt),
          numbers(({ flags }) => flags),
          numbers(eventSize),
          texts(({ id }) => id),
          texts(({ instance }) => instance),
          texts(({ event }) => event),
          texts(({ envelope }) => envelope),
          texts(writeExtras),
          texts(({ data }) => data)
        ]
      )
      await this.#client.query(`UPDATE ${this.#schema}.log SET bytes = bytes + $1`, [bytes])
    })
  }

  async deliveries(rows: readonly Row[]): Promise<void> {
    await this.#client.query(
      `INSERT INTO ${this.#schema}.deliveries (partition, instance_key, queue_key, "offset")
      SELECT ${this.#schema}.partition_of(d.instance_key), d.* FROM unnest($1::bigint[], $2::integer[], $3::bigint[])
        d(instance_key, queue_key, "offset")`,
      ['instance_key', 'queue_key', 'offset'].map((column) => columnOf(rows, column))
    )
  }

  async deadLetters(rows: readonly Row[]): Promise<void> {
    const texts = (column: string) => textArray(rows.map((row) => row[column] as string))
    await this.#client.query(
      `INSERT INTO ${this.#schema}.dead_letters
        (id, queue_key, instance_key, "offset", attempts, died_at, tries, first_died_at, reason, message)
      OVERRIDING SYSTEM VALUE
      SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::integer[], $6::bigint[],
        $7::integer[], $8::bigint[], $9::text[], $10::text[])`,
      [
        ...['id', 'queue_key', 'instance_key', 'offset', 'attempts', 'died_at', 'tries', 'first_died_at'].map(
          (column) => columnOf(rows, column)
        ),
        texts('reason'),
        texts('message')
      ]
    )
  }

  async counts(): Promise<LogCounts> {
    const count = (table: string) => `(SELECT count(*) FROM ${this.#schema}.${table})`
    const row = await this.#one(
      `SELECT ${count('instances')} AS instances,
        (SELECT count(*) FROM ${this.#schema}.instances i, json_object_keys(i.selections)) AS selections,
        ${count('events')} AS events, ${count('deliveries')} AS pending, ${count('dead_letters')} AS "deadLetters",
        l.last_offset AS "lastOffset", l.pruned_to AS "prunedTo" FROM ${this.#schema}.log l`
    )
    return row as unknown as LogCounts
  }

  /**
   * Compares the counts with those of the source, and completes the import.
   * @throws {StoreUnusableError} the counts differ
   */
  async finish(wanted: LogCounts, lastDeadLetterId: number): Promise<void> {
    const schema = this.#schema
    const here = await this.counts()
    const wrong = Object.entries(wanted).filter(([name, count]) => here[name as keyof LogCounts] !== count)
    if (wrong.length > 0) {
      const found = wrong.map(([name, count]) => `${name}: ${here[name as keyof LogCounts]} instead of ${count}`)
      throw this.#unusable(`its counts differ from those of the source (${found.join(', ')})`)
    }
    await this.#client.query(
      `ANALYZE ${['instances', 'events', 'queues', 'deliveries', 'dead_letters'].map((table) => `${schema}.${table}`).join()}`
    )
    await this.#transaction(async () => {
      await this.#continueAfter('dead_letters', 'id', lastDeadLetterId)
      await this.#client.query(`UPDATE ${schema}.migrated_from SET finished = true`)
    })
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => {})
  }

  async #start({
    fingerprint,
    epochs,
    counts,
    instances,
    shares,
    lastInstanceKey,
    queues
  }: ImportStart): Promise<void> {
    const schema = this.#schema
    const here = await this.counts()
    if (Object.values(here).some((count) => count > 0)) throw this.#unusable('it holds a log already')
    await this.#client.query(`INSERT INTO ${schema}.migrated_from VALUES ($1, false)`, [fingerprint])
    for (const [index, instance] of instances.entries()) {
      await this.#client.query(
        `INSERT INTO ${schema}.instances
          (key, version, id, name, token_hash, former_token_hash, former_token_until, integration, silence_after_minutes,
            limits, created_at, updated_at, selections)
          OVERRIDING SYSTEM VALUE
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
        [instance.key, index + 1, ...instanceValues(instance)]
      )
    }
    await this.#client.query(
      `INSERT INTO ${schema}.queues (key, name) OVERRIDING SYSTEM VALUE SELECT * FROM unnest($1::integer[], $2::text[])`,
      [columnOf(queues, 'key'), textArray(queues.map(({ name }) => name as string))]
    )
    await this.#continueAfter('instances', 'key', lastInstanceKey)
    await this.#continueAfter('queues', 'key', Math.max(0, ...queues.map(({ key }) => key as number)))
    await this.#client.query(`UPDATE ${schema}.counters SET value = $1 WHERE name = 'directory'`, [instances.length])
    // Set before the events are written: a node that starts too early must not give their offsets to other events.
    await this.#client.query(`UPDATE ${schema}.log SET last_offset = $1, pruned_to = $2`, [
      counts.lastOffset,
      counts.prunedTo
    ])
    await this.#client.query(
      `INSERT INTO ${schema}.shares (instance_key, bytes, pruned_to)
      SELECT s.instance_key, 0, s.pruned_to FROM unnest($1::bigint[], $2::bigint[]) s(instance_key, pruned_to)`,
      [columnOf(shares, 'instance_key'), columnOf(shares, 'pruned_to')]
    )
    await this.#client.query(
      `UPDATE ${schema}.log SET shares_pruned_to = (SELECT coalesce(max(pruned_to), 0) FROM ${schema}.shares)`
    )
    await this.#client.query(`DELETE FROM ${schema}.epochs`)
    await this.#client.query(
      `INSERT INTO ${schema}.epochs (id, first_offset)
      SELECT id, first_offset FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY e(id, first_offset, nth) ORDER BY nth`,
      [textArray(epochs.map(({ id }) => id as string)), columnOf(epochs, 'first_offset')]
    )
    await this.#client.query(`SELECT ${schema}.begin_epoch($1)`, [counts.lastOffset])
  }

  async #assertSame({ fingerprint }: Row, { counts, fingerprint: wanted }: ImportStart): Promise<void> {
    const { lastOffset } = await this.counts()
    if (fingerprint === wanted && lastOffset === counts.lastOffset) return
    throw this.#unusable(
      `the source or this schema has changed since the last migration: drop the schema ${this.#schema}, and migrate again`
    )
  }

  async #continueAfter(table: string, column: string, last: number): Promise<void> {
    const sequence = `pg_get_serial_sequence('${this.#schema}.${table}', '${column}')`
    await this.#client.query(`SELECT setval(${sequence}, greatest($1, 1), $1 > 0)`, [last])
  }

  async #transaction(work: () => Promise<void>): Promise<void> {
    await this.#client.query('BEGIN')
    try {
      await work()
      await this.#client.query('COMMIT')
    } catch (error) {
      await this.#client.query('ROLLBACK').catch(() => {})
      throw error
    }
  }

  async #one(text: string, values: unknown[] = []): Promise<Row> {
    const { rows } = await this.#client.query<Row>(text, values)
    return rows[0] as Row
  }

  #unusable(why: string): Error {
    return new StoreUnusableError(this.#name, why)
  }
}

function columnOf(rows: readonly Row[], column: string): string {
  return numberArray(rows.map((row) => row[column] as number))
}
