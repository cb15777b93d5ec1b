import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { lockSpace } from '../../lib/store/postgres/locks.ts'
import { PARTITIONS } from '../../lib/store/partitions.ts'
import type { Place } from '../cluster/database.ts'
import { processorTime } from '../harness/processor-time.ts'
import type { Bench } from '../harness/bench.ts'
import { startPostgres } from '../ingest/databases.ts'

/** What PostgreSQL has spent since it began. */
export interface Spent {
  /** Of all its processes, in steps of 10 ms. */
  cpuUs: number
  walBytes: number
  /** Transactions that wrote. */
  writes: number
}

/** A PostgreSQL of the bench's own, as Debian sets it, whose work is counted. */
export class CountedDatabase {
  readonly place: Place
  readonly #client: Client
  readonly #pid: number

  private constructor(options: { place: Place; client: Client; pid: number }) {
    this.place = options.place
    this.#client = options.client
    this.#pid = options.pid
  }

  /** @throws PostgreSQL is not installed */
  static async start(bench: Bench): Promise<CountedDatabase> {
    const { port, pid } = await startPostgres(bench)
    const url = `postgres://root@127.0.0.1:${port}/postgres`
    const client = new Client(url)
    // It is ended with the benchmark, which is no error.
    client.on('error', () => {})
    await client.connect()
    return new CountedDatabase({ place: { url, schema: 'capacity' }, client, pid })
  }

  async spent(): Promise<Spent> {
    const row = await this.#one(`SELECT pg_current_wal_insert_lsn() - '0/0' AS wal,
      pg_snapshot_xmax(pg_current_snapshot())::text AS xid`)
    return { cpuUs: processorTime(this.#pid), walBytes: Number(row.wal), writes: Number(row.xid) }
  }

  /** Resolves when no delivery is pending. */
  async delivered(): Promise<void> {
    while (!(await this.#one(`SELECT NOT EXISTS (SELECT FROM ${this.place.schema}.deliveries) AS none`)).none)
      await pause(5)
  }

  /** Takes all partitions, so that no node sends. @returns gives them back, with nothing pending */
  async holdPartitions(): Promise<() => Promise<void>> {
    const { schema } = this.place
    const space = lockSpace(schema)
    await this.#one(`SELECT count(pg_advisory_lock(${space}, p)) FROM generate_series(0, ${PARTITIONS - 1}) p`)
    return async () => {
      await this.#one(`DELETE FROM ${schema}.deliveries`)
      await this.#one('SELECT pg_advisory_unlock_all()')
    }
  }

  async head(): Promise<number> {
    return Number((await this.#one(`SELECT last_offset FROM ${this.place.schema}.log`)).last_offset)
  }

  /** Bytes of an event of the log, with its share of the indexes. */
  async eventBytes(): Promise<number> {
    const events = `${this.place.schema}.events`
    const row = await this.#one(
      `SELECT pg_total_relation_size('${events}')::float8 / (SELECT count(*) FROM ${events}) AS bytes`
    )
    return Number(row.bytes)
  }

  close(): Promise<void> {
    return this.#client.end()
  }

  async #one(text: string): Promise<Record<string, unknown>> {
    return (await this.#client.query<Record<string, unknown>>(text)).rows[0] ?? {}
  }
}
