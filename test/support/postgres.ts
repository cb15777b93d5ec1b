import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import type { Test } from 'tap'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { PostgresStore, type PostgresStoreOptions } from '../../lib/store/postgres/store.ts'

const url = new URL(process.env.TEST_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/test')
// No test takes the power away: a commit need not wait for the disk.
url.searchParams.set('options', '-c synchronous_commit=off')
export const POSTGRES_URL = url.href

/** Begins every name that tests make on PostgreSQL; scripts/test.ts gives each run its own. */
const PREFIX = `test_${process.env.TEST_RUN ?? randomUUID().slice(0, 8)}`

const ownName = () => `${PREFIX}_${randomUUID().replaceAll('-', '')}`

/** Drops what tests of a run left behind: databases, schemas and roles of those that were ended early. */
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

/** Why there is no PostgreSQL to test with; `undefined`: there is one. */
export async function missingPostgres(): Promise<string | undefined> {
  const client = new Client({ connectionString: POSTGRES_URL, connectionTimeoutMillis: 2_000 })
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

/** @param why what `missingPostgres` says */
export const noPostgres = (why: string) => `no PostgreSQL at TEST_DATABASE_URL or 127.0.0.1:5432 (${why})`

/**
 * For a test file: skips all of it where there is no PostgreSQL, unless this is CI, where it fails.
 * @returns whether to go on
 */
export async function havePostgres(t: Test): Promise<boolean> {
  const why = await missingPostgres()
  if (why === undefined) return true
  if (process.env.CI === 'true') t.fail(noPostgres(why))
  else t.plan(0, `${noPostgres(why)}: what runs on it is not tested`)
  return false
}

export interface TestPostgres {
  url: string
  /** A schema of the test's own. */
  schema: string
  /** A query by nobody's connection but the test's. */
  query: (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>
}

/** A schema that is gone after the test. */
export async function startPostgres(t: Test): Promise<TestPostgres> {
  const schema = ownName()
  const client = new Client(POSTGRES_URL)
  await client.connect()
  // PostgreSQL waits for the disk when it drops something: the next test need not, the process does.
  t.after(() => void client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`).finally(() => client.end()))
  const query = async (text: string, values?: unknown[]) =>
    (await client.query<Record<string, unknown>>(text, values)).rows
  return { url: POSTGRES_URL, schema, query }
}

export interface TestDatabase {
  url: string
  /** Ends every connection to it, as a failover does. @returns how many */
  terminate: () => Promise<number>
  /** A query outside of it. */
  query: (text: string) => Promise<unknown>
}

/** A database that is gone after the test, for servers that are told no more than its URL. @param made how it is made */
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
  return { url: own.href, query, terminate: async () => (await client.query(text, [name])).rowCount ?? 0 }
}

/** A way to it that can be cut. */
export async function startPostgresProxy(t: Test): Promise<{ proxy: TcpProxy; url: string; target: string }> {
  const url = new URL(POSTGRES_URL)
  const target = `http://${url.hostname}:${url.port || 5432}`
  const proxy = await startTcpProxy(t, target)
  url.host = new URL(proxy.url).host
  return { proxy, url: url.href, target }
}

/** A node on it, with a pulse for tests; closed after the test. */
export async function openNode(
  t: Test,
  { url, schema }: Pick<TestPostgres, 'url' | 'schema'>,
  options: Partial<PostgresStoreOptions> = {}
): Promise<PostgresStore> {
  const store = await PostgresStore.open({ url, schema, timing: { beatMs: 50 }, ...options })
  t.after(() => store.close())
  return store
}

/** Nodes on one database. */
export async function openNodes(t: Test, count: number) {
  const postgres = await startPostgres(t)
  const nodes = await Promise.all(Array.from({ length: count }, () => openNode(t, postgres)))
  // As many as were asked for.
  return { postgres, nodes: nodes as [PostgresStore, PostgresStore, PostgresStore] }
}
