import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { Listeners } from '../latency/listeners.ts'
import { instanceNames } from '../sqs/sender.ts'
import type { BareInsert } from './bare-insert.ts'
import { ask, drop, newPlace, noDatabase, type Place } from './database.ts'
import { idleNodes } from './idle-nodes.ts'
import type { Node } from './node.ts'
import { toQueue } from './to-queue.ts'

const INSTANCES = instanceNames(50)
/** Events a second while latency is measured, far below the maximum. */
const PACE = 500

/** Nodes on one PostgreSQL: how fast they append together, and how soon an event of one node is at a socket or in a queue of another. */
export default async function cluster(bench: Bench): Promise<Comparison[]> {
  const missing = await noDatabase()
  if (missing !== undefined) {
    console.warn(`cluster: skipped, ${missing}`)
    return []
  }
  const places = [newPlace(), newPlace(), newPlace()] as const
  try {
    return [
      ...(await appends(bench, places[0])),
      await acrossNodes(bench, places[1]),
      await toQueue(bench, places[2]),
      await idleNodes(bench)
    ]
  } finally {
    await bench.close()
    await Promise.all(places.map(drop))
  }
}

async function appends(bench: Bench, place: Place): Promise<Comparison[]> {
  const [rounds, ms] = bench.quick ? [2, 500] : [5, 2_000]
  const nodes = await startNodes(bench, place, { count: 3, instances: INSTANCES })
  const bare = bench.start<BareInsert>(new URL('bare-insert.ts', import.meta.url))
  await bare.call('start', place)
  await Promise.all(nodes.map(({ node }) => node.call('run', ms)))
  await bare.call('run', ms)
  const comparisons: Comparison[] = []
  for (const count of [1, 2, 3]) {
    const some = nodes.slice(0, count).map(({ node }) => node)
    const ours = { name: 'ours', run: () => rate(some, ms, () => kept(place)) }
    const peer = { name: 'bare INSERT', run: () => rate([bare], ms) }
    comparisons.push(await compare(`appends through ${count} node${count > 1 ? 's' : ''}`, rounds, [ours, peer]))
  }
  await Promise.all([...nodes.map(({ node }) => node.close()), bare.close()])
  return comparisons
}

/** @param check returns the number of stored events */
async function rate(
  parties: readonly (Peer<Node> | Peer<BareInsert>)[],
  ms: number,
  check?: () => Promise<number>
): Promise<Sample> {
  const before = await check?.()
  const cpus = () => Promise.all(parties.map((party) => party.cpu()))
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  const cpuBefore = sum(await cpus())
  const begun = performance.now()
  const count = sum(await Promise.all(parties.map((party) => (party as Peer<BareInsert>).call('run', ms))))
  const seconds = (performance.now() - begun) / 1_000
  const cpu = sum(await cpus()) - cpuBefore
  if (before !== undefined && (await check?.()) !== before + count)
    throw new Error(`Not all of ${count} events are kept`)
  return { 'events/s': count / seconds, 'CPU µs/event': cpu / count }
}

/** Events in the log, whose offsets have no gap. */
async function kept({ schema }: Place): Promise<number> {
  const [row] = await ask(`SELECT count(*)::integer AS n, max("offset")::integer AS last FROM ${schema}.events`)
  if (row?.n !== row?.last) throw new Error(`${String(row?.n)} events, the last is ${String(row?.last)}`)
  return row?.n as number
}

/** The same node's listeners beside those of another. */
async function acrossNodes(bench: Bench, place: Place): Promise<Comparison> {
  const [rounds, ms] = bench.quick ? [2, 500] : [5, 3_000]
  const groups = [INSTANCES.slice(0, 25), INSTANCES.slice(25)] as const
  const [one] = await startNodes(bench, place, { count: 1, instances: groups[0] })
  const [two] = await startNodes(bench, place, { count: 1, instances: groups[1] })
  if (!one || !two) throw new Error('Two nodes were started')
  await one.node.call('select', INSTANCES)
  /** Events are published on `one` or `two`, and received on `two`. */
  const paths = await Promise.all(
    [one, two].map(async ({ node }, index) => {
      const listeners = bench.start<Listeners>(new URL('../latency/listeners.ts', import.meta.url))
      await listeners.call('connect', { port: two.port, namespaces: groups[index as 0 | 1] })
      const run = () => paced(node, listeners, ms)
      await run()
      return { name: index === 0 ? 'another node' : 'the same node', run }
    })
  )
  return compare(`to a socket of another node, ${PACE} events/s`, rounds, paths)
}

async function paced(node: Peer<Node>, listeners: Peer<Listeners>, ms: number): Promise<Sample> {
  await listeners.call('begin')
  const count = await node.call('pace', PACE, ms)
  const { p50, p99 } = await listeners.call('until', count)
  return { 'p50 ms': p50, 'p99 ms': p99 }
}

async function startNodes(
  bench: Bench,
  place: Place,
  { count, instances }: { count: number; instances: readonly string[] }
): Promise<{ node: Peer<Node>; port: number }[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const node = bench.start<Node>(new URL('node.ts', import.meta.url))
      return { node, port: await node.call('listen', { ...place, instances }) }
    })
  )
}
