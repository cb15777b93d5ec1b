import type { Bench } from '../harness/bench.ts'
import type { Peer } from '../harness/peer.ts'
import { processorTime } from '../harness/processor-time.ts'
import { type Database, startPostgres, startRedis } from './databases.ts'
import type { IngestServer } from './ingest-server.ts'

export interface Party {
  name: string
  server: Peer<IngestServer>
  port: number
  /** Microseconds of processor time of the server, and of its database if that is a process of its own. */
  cpu(): Promise<number>
}

/** Ours, what people write instead, and two that store nothing. Peers whose database is missing are left out, with a line. */
export async function startParties(bench: Bench): Promise<Party[]> {
  const [redis, postgres] = await Promise.all([
    unlessMissing('Redis XADD and BullMQ', () => startRedis(bench)),
    unlessMissing('PostgreSQL INSERT', () => startPostgres(bench))
  ])
  const parties = [
    start(bench, 'ours', 'ours.ts'),
    redis && start(bench, 'Redis XADD', 'redis-xadd.ts', redis),
    postgres && start(bench, 'PostgreSQL INSERT', 'postgres-insert.ts', postgres),
    redis && start(bench, 'BullMQ', 'bullmq-add.ts', redis),
    start(bench, 'plain, stores nothing', 'plain-nothing.ts'),
    start(bench, 'ours, stores nothing', 'ours-nothing.ts')
  ]
  return Promise.all(parties.filter((party) => party !== undefined))
}

async function unlessMissing(names: string, startDatabase: () => Promise<Database>): Promise<Database | undefined> {
  try {
    if (process.platform !== 'linux') throw new Error('its processor time is read from /proc')
    return await startDatabase()
  } catch (error) {
    console.warn(`ingest: without ${names} (${(error as Error).message})`)
    return undefined
  }
}

async function start(bench: Bench, name: string, file: string, database?: Database): Promise<Party> {
  const server = bench.start<IngestServer>(new URL(file, import.meta.url))
  const port = await server.call('listen', { folder: bench.folder(), databasePort: database?.port })
  return { name, server, port, cpu: async () => (await server.cpu()) + (database ? processorTime(database.pid) : 0) }
}
