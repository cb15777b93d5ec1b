import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import { processorTime } from '../harness/processor-time.ts'
import { type Database, startPostgres } from '../ingest/databases.ts'
import type { FakeSqs } from '../sqs/fake-sqs.ts'
import { instanceNames } from '../sqs/sender.ts'
import { ask } from './database.ts'
import type { SendingNode } from './sending-node.ts'

const INSTANCES = instanceNames(100)
const PACE = 500
/** Milliseconds that are added to each answer of SQS. */
const DELAY_MS = 10
/** A session of PostgreSQL writes its statistics at most once a second. */
const STATISTICS_MS = 1_500

interface Group {
  name: string
  /** The node that accepts. */
  accepting: Peer<SendingNode>
  nodes: readonly Peer<SendingNode>[]
  sqs: Peer<FakeSqs>
  sender: number
  database: Database
  url: string
}

/** What an event costs PostgreSQL with eight nodes that send to SQS, of which one accepts, beside one node. */
export async function idleNodes(bench: Bench): Promise<Comparison> {
  const [rounds, ms] = bench.quick ? [1, 2_000] : [5, 10_000]
  const groups = [await start(bench, 8), await start(bench, 1)]
  const sides = groups.map((group) => ({ name: group.name, run: () => paced(group, ms) }))
  for (const { run } of sides) await run()
  const comparison = await compare(`8 nodes with SQS, one accepts ${PACE} events/s`, rounds, sides)
  await Promise.all(groups.flatMap(({ nodes, sqs }) => [...nodes, sqs].map((peer) => peer.close())))
  return comparison
}

/** Nodes on a PostgreSQL of their own, so that its statistics are about them alone. */
async function start(bench: Bench, count: number): Promise<Group> {
  const database = await startPostgres(bench)
  const url = `postgres://root@127.0.0.1:${database.port}/postgres`
  const sqs = bench.start<FakeSqs>(new URL('../sqs/fake-sqs.ts', import.meta.url))
  const endpoint = await sqs.call('listen')
  const sender = await sqs.call('open', { ordered: true })
  const nodes: Peer<SendingNode>[] = []
  for (let number = 0; number < count; number++) {
    const node = bench.start<SendingNode>(new URL('sending-node.ts', import.meta.url))
    await node.call('start', { url, schema: 'instance_events', endpoint })
    nodes.push(node)
  }
  for (const node of nodes) while (!(await node.call('hasShare', count))) await pause(50)
  const [accepting] = nodes
  if (!accepting) throw new Error('No node was started')
  await accepting.call('create', INSTANCES)
  return { name: `${count} node${count > 1 ? 's' : ''}`, accepting, nodes, sqs, sender, database, url }
}

async function paced({ accepting, sqs, sender, database, url }: Group, ms: number): Promise<Sample> {
  await sqs.call('begin', { sender, delayMs: DELAY_MS })
  const before = await spent(database, url)
  const count = await accepting.call('pace', 'all', PACE, ms)
  await sqs.call('until', count)
  const after = await spent(database, url)
  const { received } = await sqs.call('check')
  if (received !== count) throw new Error(`${count} events were published, ${received} came`)
  return {
    'transactions/event': (after.transactions - before.transactions) / count,
    'PostgreSQL CPU µs/event': (after.cpu - before.cpu) / count
  }
}

/** Transactions and microseconds of processor time so far. */
async function spent({ pid }: Database, url: string): Promise<{ transactions: number; cpu: number }> {
  const cpu = processorTime(pid)
  await pause(STATISTICS_MS)
  const [row] = await ask(
    'SELECT xact_commit::integer AS n FROM pg_stat_database WHERE datname = current_database()',
    url
  )
  return { transactions: row?.n as number, cpu }
}
