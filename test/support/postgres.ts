import { randomUUID } from 'node:crypto'
import { Client, type QueryResult } from 'pg'
import type { Test } from 'tap'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { PostgresStore, type PostgresStoreOptions } from '../../lib/store/postgres/store.ts'

const url = new URL(process.env.TEST_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/test')
// Tests end processes, not the machine: a commit need not wait for the disk.
url.searchParams.set('options', '-c synchronous_commit=off')
export const POSTGRES_URL = url.href

/** Begins the name of everything that tests create on PostgreSQL; scripts/test.ts sets one for each run. */
const PREFIX = `test_${process.env.TEST_RUN ?? randomUUID().slice(0, 8)}`

const ownName = () => `${PREFIX}_${randomUUID().replaceAll('-', '')}`

/** Drops databases, schemas and roles that tests of a run left behind because they were ended early. */
export async function dropLeftovers(run: string): Promise<void> {
  const client = new Client(POSTGRES_URL)
  await client.connect()
  const names = async (text: string) =>
    (await client.query<{ name: string }>(text, [`test_${run}_`])).rows.map(({ name }) => name)
  for (const name of await names('SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)'))
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
  for (const name of await names('SELECT nspname AS name FROM pg_namespace WHERE starts_with(nspname, $1)'))
    await client.query(`DROP SCHEMA ${name} CASCADE`)
  for (const name of await names('SELECT rolname AS name FROM pg_roles WHERE starts_with(rolname, $1)'))
    await client.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`)
  await client.end()
}

/** Milliseconds for a first connection. Other tests of the same process may hold the event loop meanwhile. */
const CONNECT_MS = 20_000

/** Returns the reason why PostgreSQL cannot be used, or `undefined` if it can. */
export async function missingPostgres(): Promise<string | undefined> {
  const client = new Client({ connectionString: POSTGRES_URL, connectionTimeoutMillis: CONNECT_MS })
  client.on('error', () => {})
  try {
    await client.connect()
    return undefined
  } catch (error) {
    return (error as Error).message
  } finally {
    await client.end().catch(() => {})
  }
}

/** @param why the result of `missingPostgres` */
export const noPostgres = (why: string) => `no PostgreSQL at TEST_DATABASE_URL or 127.0.0.1:5432 (${why})`

/**
 * Says that something is skipped where there is no PostgreSQL; fails with `CI=true`.
 * @returns whether there is one
 */
export async function havePostgres(t: Test): Promise<boolean> {
  const why = await missingPostgres()
  if (why === undefined) return true
  if (process.env.CI === 'true') t.fail(noPostgres(why))
  else void t.test(`${noPostgres(why)}: what runs on it is not tested`, { skip: true }, () => {})
  return false
}

export interface TestPostgres {
  url: string
  /** The name of a schema that does not exist yet. */
  schema: string
  /** Runs a query on a connection of the test. */
  query: (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>
}

/** Reserves a schema, which is dropped after the test. */
export async function startPostgres(t: Test): Promise<TestPostgres> {
  const schema = ownName()
  const client = new Client(POSTGRES_URL)
  await client.connect()
  // Not awaited: PostgreSQL waits for the disk when it drops something. The process ends after it.
  t.after(() => void client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`).finally(() => client.end()))
  const query = async (text: string, values?: unknown[]) =>
    (await client.query<Record<string, unknown>>(text, values)).rows
  return { url: POSTGRES_URL, schema, query }
}

export interface TestDatabase {
  url: string
  /** Ends all connections to it, as a failover does. @returns their number */
  terminate: () => Promise<number>
  /** Runs a query on a connection to another database. */
  query: (text: string) => Promise<unknown>
  /** Runs statements on a connection of its own to this database. @returns the rows of all */
  run: (text: string) => Promise<Record<string, unknown>[]>
}

/** Creates a database, which is dropped after the test. @param made options of CREATE DATABASE */
export async function startDatabase(t: Test, made = ''): Promise<TestDatabase> {
  const name = ownName()
  const client = new Client(POSTGRES_URL)
  await client.connect()
  await client.query(`CREATE DATABASE ${name} ${made}`)
  t.after(async () => {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
    await client.end()
  })
  const own = new URL(POSTGRES_URL)
  own.pathname = name
  const text = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1'
  const query = (statement: string) => client.query(statement)
  const run = async (statement: string) => {
    const alone = new Client(own.href)
    await alone.connect()
    // The driver returns a list of results if there are several statements.
    const results = [(await alone.query(statement)) as QueryResult | QueryResult[]].flat()
    await alone.end()
    return results.flatMap(({ rows }) => rows as Record<string, unknown>[])
  }
  return { url: own.href, query, run, terminate: async () => (await client.query(text, [name])).rowCount ?? 0 }
}

/** Starts a proxy in front of PostgreSQL that can be cut; closed after the test. */
export async function startPostgresProxy(t: Test): Promise<{ proxy: TcpProxy; url: string; target: string }> {
  const url = new URL(POSTGRES_URL)
  const target = `http://${url.hostname}:${url.port || 5432}`
  const proxy = await startTcpProxy(t, target)
  url.host = new URL(proxy.url).host
  return { proxy, url: url.href, target }
}

/** Opens a node with a short heartbeat; closed after the test. */
export async function openNode(
  t: Test,
  { url, schema }: Pick<TestPostgres, 'url' | 'schema'>,
  options: Partial<PostgresStoreOptions> = {}
): Promise<PostgresStore> {
  const store = await PostgresStore.open({ url, schema, timing: { beatMs: 50 }, ...options })
  t.after(() => store.close())
  return store
}

/** Opens nodes on one database; closed after the test. */
export async function openNodes(t: Test, count: number) {
  const postgres = await startPostgres(t)
  const nodes = await Promise.all(Array.from({ length: count }, () => openNode(t, postgres)))
  // Tests open three at most.
  return { postgres, nodes: nodes as [PostgresStore, PostgresStore, PostgresStore] }
}
