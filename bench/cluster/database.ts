import { randomUUID } from 'node:crypto'
import { Client } from 'pg'

export const DATABASE_URL = process.env.BENCH_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/test'

/** Where nodes and peers keep what they keep. */
export interface Place {
  url: string
  schema: string
}

/** A name of its own; `drop` it. */
export function newPlace(): Place {
  return { url: DATABASE_URL, schema: `bench_${randomUUID().replaceAll('-', '')}` }
}

export async function ask(text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(DATABASE_URL)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

export async function drop({ schema }: Place): Promise<void> {
  await ask(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
}
