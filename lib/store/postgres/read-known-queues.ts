import { Client } from 'pg'
import type { FoundQueue } from '../read-known-queues.ts'
import { connectionConfig } from './connection.ts'

/** Reads queues of one service, by name; none if the schema has no such table. @throws as the driver does */
export async function readKnownQueuesOfPostgres(
  url: string,
  { service, limit, schema = 'instance_events' }: { service: string; limit: number; schema?: string }
): Promise<FoundQueue[]> {
  const client = new Client(connectionConfig(url))
  // Without a listener an error ends the process; a query in progress rejects by itself.
  client.on('error', () => {})
  try {
    await client.connect()
    const table = `${schema}.known_queues`
    const { rows: found } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
      table
    ])
    if (!found[0]?.there) return []
    const { rows } = await client.query<FoundQueue>(
      `SELECT name, url FROM ${table} WHERE service = $1 ORDER BY name LIMIT $2`,
      [service, limit]
    )
    return rows
  } finally {
    await client.end().catch(() => {})
  }
}
