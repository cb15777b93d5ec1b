import { Client } from 'pg'
import { StoreNewerError, StoreUnusableError } from '../../errors.ts'
import { POSTGRES_VERSION, postgresMigrations } from './migrations.ts'
import { connectionConfig } from './connection.ts'
import { countHolders, LOCKS, lockSpace } from './locks.ts'
import { brokenPromise } from './promises.ts'
import { riskySettings } from './risky-settings.ts'

/** Time for which a node waits while another one brings the schema up to date. */
const LOCK_TIMEOUT_MS = 60_000

/**
 * Brings the schema up to date, one node at a time. The first node begins an epoch of the log, since the database may have
 * been restored.
 * @returns a line for each setting of PostgreSQL that endangers the log
 * @throws {StoreNewerError} a newer release wrote it
 * @throws {StoreUnusableError} PostgreSQL cannot be reached, refuses, or cannot keep the log's promises
 */
export async function migrate(url: string, schema: string): Promise<string[]> {
  const broken = await brokenPromise(url).catch((error: Error) => {
    throw new StoreUnusableError(nameOf(url), error.message, { cause: error })
  })
  if (broken !== undefined) throw new StoreUnusableError(nameOf(url), broken)
  // A migration may copy large tables: no time limits.
  const client = new Client({ ...connectionConfig(url), statement_timeout: 0, query_timeout: 0 })
  // Without a listener an error ends the process; a query in progress rejects by itself.
  client.on('error', () => {})
  let risky: string[]
  try {
    await client.connect()
    await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`)
    await client.query('SELECT pg_advisory_lock($1, $2)', [lockSpace(schema), LOCKS.migrate])
    await migrateLocked(client, url, schema)
    risky = await riskySettings(client)
  } catch (error) {
    if (error instanceof StoreNewerError) throw error
    throw new StoreUnusableError(nameOf(url), (error as Error).message, { cause: error })
  } finally {
    await client.end().catch(() => {})
  }
  return risky
}

async function migrateLocked(client: Client, url: string, schema: string): Promise<void> {
  const { rows } = await client.query<{ version: string | null }>('SELECT to_regclass($1)::text AS version', [
    `${schema}.schema_version`
  ])
  if (rows[0]?.version == null) {
    // A user without the right to create schemas can use one that an administrator created.
    const { rowCount } = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])
    await client.query(`
      ${rowCount === 0 ? `CREATE SCHEMA ${schema};` : ''}
      CREATE TABLE ${schema}.schema_version (version integer NOT NULL);
      INSERT INTO ${schema}.schema_version VALUES (0)`)
  }
  const found = await client.query<{ version: number }>(`SELECT version FROM ${schema}.schema_version`)
  // The table was created with this row.
  const { version } = found.rows[0] as { version: number }
  if (version > POSTGRES_VERSION) throw new StoreNewerError(nameOf(url), version, POSTGRES_VERSION)
  for (const [index, statements] of postgresMigrations(schema).entries()) {
    // PostgreSQL runs the statements of one query in one transaction.
    if (index >= version)
      await client.query(`${statements}; UPDATE ${schema}.schema_version SET version = ${index + 1}`)
  }
  const nodes = await client.query<{ count: number }>(countHolders('$2'), [lockSpace(schema), LOCKS.nodes])
  if (nodes.rows[0]?.count === 0) await client.query(`SELECT ${schema}.begin_epoch_now()`)
}

/** A database URL without credentials, for messages. A password with `@` and `/` that are not escaped is in the path, too. */
export function nameOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `postgres://${`${host}${pathname}`.split('@').at(-1)}`
}
