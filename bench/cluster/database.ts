import { randomUUID } from 'node:crypto'
import { Client } from 'pg'

export const DATABASE_URL = process.env.BENCH_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/test'

/** The schema of nodes and peers. */
export interface Place {
  url: string
  schema: string
}

/** Returns a schema name that no other process has. `drop` removes the schema. */
export function newPlace(): Place {
  return { url: DATABASE_URL, schema: `bench_${randomUUID().replaceAll('-', '')}` }
}

export async function ask(text: string, url = DATABASE_URL): Promise<Record<string, unknown>[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

/** Why there is no database to use; `undefined` if there is one. */
export async function noDatabase(): Promise<string | undefined> {
  try {
    await ask('SELECT')
    return undefined
  } catch (error) {
    return `no PostgreSQL at ${new URL(DATABASE_URL).host} (${(error as Error).message})`
  }
}

export async function drop({ schema }: Place): Promise<void> {
  await ask(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
}
