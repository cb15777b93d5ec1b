import { Client } from 'pg'
import { StoreNewerError } from '../../errors.ts'
import { POSTGRES_VERSION } from './migrations.ts'
import { connectionConfig } from './connection.ts'
import { nameOf } from './migrate.ts'
import { brokenPromise } from './promises.ts'
import { riskySettings } from './risky-settings.ts'
import type { Tried } from '../try-database.ts'

interface Found {
  version: string | null
  allowed: boolean
}

/**
 * Connects, checks the schema, and tries a write that is rolled back.
 * @throws as the driver does, if the database cannot be reached @throws {StoreNewerError} a newer release wrote the schema
 */
export async function tryPostgres(url: string, schema = 'instance_events'): Promise<Tried> {
  const client = new Client(connectionConfig(url))
  // Without a listener an error ends the process; a query in progress rejects by itself.
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<Found>(
      `SELECT to_regclass($1)::text AS version,
        CASE WHEN to_regnamespace($2) IS NULL THEN has_database_privilege(current_database(), 'CREATE')
          ELSE has_schema_privilege($2, 'CREATE') END AS allowed`,
      [`${schema}.schema_version`, schema]
    )
    const { version, allowed } = rows[0] as Found
    const name = nameOf(url)
    if (!allowed) {
      const message = `${name}: this user may not create tables in schema ${schema}: grant it CREATE, or use another user`
      return { ok: false, message }
    }
    const broken = await brokenPromise(url)
    if (broken !== undefined) return { ok: false, message: `${name}: ${broken}` }
    await tryWrite(client, version === null ? undefined : schema)
    const warnings = await riskySettings(client)
    if (version === null) return { ok: true, message: `${name}: the schema ${schema} will be created`, warnings }
    const found = await client.query<{ version: number }>(`SELECT version FROM ${version}`)
    const written = found.rows[0]?.version ?? 0
    if (written > POSTGRES_VERSION) throw new StoreNewerError(name, written, POSTGRES_VERSION)
    return { ok: true, message: `${name} can be used`, warnings }
  } finally {
    await client.end().catch(() => {})
  }
}

/** Writes as much as a check of the store, in a table that is rolled back. @throws as the driver does if the disk is full */
async function tryWrite(client: Client, schema: string | undefined): Promise<void> {
  const place = schema ?? 'try_write'
  try {
    await client.query(`
      BEGIN;
      ${schema === undefined ? `CREATE SCHEMA ${place};` : ''}
      CREATE TABLE ${place}.try_write (filler bytea);
      ALTER TABLE ${place}.try_write ALTER COLUMN filler SET STORAGE PLAIN;
      INSERT INTO ${place}.try_write SELECT decode(repeat('00', 7000), 'hex') FROM generate_series(1, 8)`)
  } finally {
    await client.query('ROLLBACK')
  }
}
