import { Client } from 'pg'
import { StoreNewerError } from '../errors.ts'
import { postgresMigrations } from './migrations/postgres.ts'
import { connectionConfig } from './postgres-connection.ts'
import { nameOf } from './postgres-migrate.ts'
import type { Tried } from './try-database.ts'

interface Found {
  version: string | null
  allowed: boolean
}

/**
 * Connects and looks at the schema.
 * @throws what the driver says of a database that cannot be reached @throws {StoreNewerError}
 */
export async function tryPostgres(url: string, schema = 'instance_events'): Promise<Tried> {
  const client = new Client(connectionConfig(url))
  // A query that is under way rejects by itself.
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
    if (!allowed) return { ok: false, message: `${name}: this user may not create tables in schema ${schema}` }
    if (version === null) return { ok: true, message: `${name}: the schema ${schema} will be made` }
    const found = await client.query<{ version: number }>(`SELECT version FROM ${version}`)
    const known = postgresMigrations(schema).length
    const written = found.rows[0]?.version ?? 0
    if (written > known) throw new StoreNewerError(name, written, known)
    return { ok: true, message: `${name} can be used` }
  } finally {
    await client.end().catch(() => {})
  }
}
