import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { EventCatalogue } from '../../lib/events/catalogue.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { OpeningStore } from './opening-store.ts'

const MIB = 2 ** 20

/** How long a start with many instances takes, and what each takes in memory. */
export async function opening(bench: Bench): Promise<Comparison> {
  const counts = bench.quick ? [100_000, 1_000] : [100_000, 1_000, 1_000_000]
  const name = (count: number) => `${count.toLocaleString('en')} instances`
  const sides = await Promise.all(
    counts.map(async (count) => {
      const url = await withInstances(bench.folder(), count)
      return { name: name(count), run: () => open(bench, url, count) }
    })
  )
  return compare(`a start with ${name(counts[0] ?? 0)}`, bench.quick ? 1 : 3, sides)
}

async function open(bench: Bench, url: string, count: number): Promise<Sample> {
  const process = bench.start<OpeningStore>(new URL('opening-store.ts', import.meta.url), '--expose-gc')
  const before = await process.memory()
  const cpuBefore = await process.cpu()
  const { ms, instances } = await process.call('open', url)
  const cpu = (await process.cpu()) - cpuBefore
  if (instances !== count) throw new Error(`${instances} of ${count} instances are there`)
  const after = await process.memory()
  await process.close()
  const heap = after.heapUsed + after.external - before.heapUsed - before.external
  return { 'ready ms': ms, 'CPU ms': cpu / 1e3, 'bytes of heap/instance': heap / count, 'RSS MiB': after.rss / MIB }
}

/** Writes instances with tokens and both selections. @returns the URL of the log */
async function withInstances(folder: string, count: number): Promise<string> {
  const path = join(folder, 'events.db')
  await new SqliteStore({ path }).close()
  const db = new DatabaseSync(path)
  const events = JSON.stringify(new EventCatalogue().all)
  const numbers = `WITH RECURSIVE n (key) AS (SELECT 1 UNION ALL SELECT key + 1 FROM n WHERE key < ${count})`
  const now = Date.now()
  // As long as a UUID.
  const id = `'${randomUUID().slice(0, 24)}' || hex(randomblob(6))`
  db.exec(`
    BEGIN;
    INSERT INTO instances (id, name, token_hash, integration, created_at, updated_at)
      ${numbers} SELECT ${id}, 'instance ' || key, randomblob(32), 'WHATSAPP-BAILEYS', ${now} + key, ${now} + 2 * key FROM n;
    INSERT INTO selections (instance_key, transport, id, enabled, events, created_at, updated_at)
      ${numbers} SELECT n.key, t.value, ${id}, 1, '${events}', ${now} + n.key, ${now} + 3 * n.key
      FROM n, json_each('["sqs","websocket"]') t;
    COMMIT`)
  db.close()
  return `file:${path}`
}
