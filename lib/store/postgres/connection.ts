import { DatabaseError, Pool, types, type ClientBase, type ClientConfig, type PoolClient, type QueryConfig } from 'pg'
import { BackpressureError, ClosingError } from '../../errors.ts'
import { saying } from '../../message-code.ts'
import type { Row } from '../rows.ts'

/** Time limits: a query that is never answered must not hold its caller. */
const CONNECT_TIMEOUT_MS = 3_000
const STATEMENT_TIMEOUT_MS = 20_000
const POOL_SIZE = 5

/**
 * Pages are read by an index in order, up to their limit. Without statistics, which a table lacks after it was restored, and
 * where instances have very different numbers of events, PostgreSQL would rather read all that is left and sort it, or
 * compile a statement that takes a millisecond.
 */
const PLANS = 'SET enable_bitmapscan = off; SET enable_incremental_sort = off; SET jit = off'

// https://www.postgresql.org/docs/current/catalog-pg-type.html
const INT8 = 20
const INT8_ARRAY = 1016
const NUMERIC = 1700
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const LOCK_NOT_AVAILABLE = '55P03'

const PARSERS: { [oid: number]: (text: string) => unknown } = {
  // Every number in the schema stays far below 2^53.
  [INT8]: Number,
  [NUMERIC]: Number,
  [INT8_ARRAY]: (text) => text.slice(1, -1).split(',').map(Number)
}

/**
 * Settings of every connection. The timeouts are startup parameters, which PgBouncer only accepts if it is set to ignore
 * them (`ignore_startup_parameters = statement_timeout, idle_in_transaction_session_timeout`).
 */
export function connectionConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'fastify-instance-events',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // The driver's limit is the later one, for a server that does not answer at all.
    query_timeout: STATEMENT_TIMEOUT_MS + 1_000,
    types: { getTypeParser: (oid, format) => PARSERS[oid] ?? types.getTypeParser(oid, format) }
  }
}

/** True for an error that may be gone at the next try: PostgreSQL is unreachable, stopping, full or too slow. */
export function isTransient(error: unknown): boolean {
  // Other errors are failures of a connection.
  return error instanceof DatabaseError ? /^(08|25|40|53|55|57|58)/.test(String(error.code)) : error instanceof Error
}

/** The error for callers of a query that failed: `BackpressureError` if it may work later. */
export function refused(error: unknown): Error {
  const held = error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE
  const message = held ? 'another session holds a lock that is needed to store events' : (error as Error).message
  return isTransient(error) ? databaseAway(message, { cause: error }) : (error as Error)
}

/** The error of callers that may try again later. */
export function databaseAway(message: string, options?: ErrorOptions): BackpressureError {
  return saying(new BackpressureError(`PostgreSQL: ${message}`, options), { code: 'databaseAway', values: [] })
}

/** A pool of connections, for queries on the tables of one schema. */
export class PostgresPool {
  readonly schema: string
  readonly #pool: Pool
  /** Process ids of its connections. */
  readonly #pids = new Set<number>()
  #closing = false

  constructor({ url, schema }: { url: string; schema: string }) {
    this.schema = schema
    const onConnect = async (client: ClientBase) => void (await client.query(PLANS))
    this.#pool = new Pool({ ...connectionConfig(url), max: POOL_SIZE, onConnect })
    // A connection that breaks while idle: the next query makes another.
    this.#pool.on('error', () => {})
    this.#pool.on('connect', (client) => this.#pids.add(pidOf(client)))
    this.#pool.on('remove', (client) => this.#pids.delete(pidOf(client)))
  }

  /** True if a connection of it has this process id. A pooler in between may have given it another one. */
  has(pid: number): boolean {
    return this.#pids.has(pid)
  }

  /** The store is closing: `assertOpen` throws from now on, and queries are still possible until `close`. */
  refuse(): void {
    this.#closing = true
  }

  /** @throws {ClosingError} after `refuse` */
  assertOpen(): void {
    if (this.#closing) throw new ClosingError()
  }

  /** Runs a query. @throws as the driver does */
  async ask(query: QueryConfig & { query_timeout?: number }): Promise<Row[]> {
    const { rows } = await this.#pool.query<Row>(query)
    return rows
  }

  /** Runs a query. @throws {BackpressureError} PostgreSQL cannot answer now */
  async query(text: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return await this.ask({ text, values })
    } catch (error) {
      throw refused(error)
    }
  }

  /** Runs a query that returns one row. @throws {BackpressureError} PostgreSQL cannot answer now */
  async one(text: string, values: unknown[] = []): Promise<Row> {
    const [row] = await this.query(text, values)
    return row as Row
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}

function pidOf(client: PoolClient): number {
  // The driver has it, its types do not.
  return (client as PoolClient & { processID: number }).processID
}
