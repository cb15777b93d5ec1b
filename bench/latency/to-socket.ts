import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import { instanceNames } from '../sqs/sender.ts'
import type { Listeners } from './listeners.ts'
import type { LiveServer } from './live-server.ts'

const NAMESPACES = instanceNames(50)
/** The rate at which the processor time of an event is measured. */
const TRIAL_PER_SECOND = 2_000
/** A rate that is far below the maximum of both. */
const EASY_PER_SECOND = 1_500

interface Party {
  name: string
  server: Peer<LiveServer>
  listeners: Peer<Listeners>
}

/** Ours, durable first, beside a bare `emit`: 50 namespaces with a socket each, at the same rate. */
export async function toSocket(bench: Bench): Promise<Comparison[]> {
  const [rounds, runMs, warmUpMs] = bench.quick ? [2, 500, 700] : [5, 3_000, 2_500]
  const parties = await Promise.all([start(bench, 'ours', 'ours.ts'), start(bench, 'emit', 'bare-socketio.ts')])
  const capacities: number[] = []
  for (const party of parties) {
    await paced(party, { rate: TRIAL_PER_SECOND, ms: warmUpMs })
    const { 'CPU µs/event': cpu = 0 } = await paced(party, { rate: TRIAL_PER_SECOND, ms: warmUpMs / 2 })
    capacities.push(1e6 / cpu)
  }
  const comparisons: Comparison[] = []
  for (const [title, rate] of [
    ['to a socket, both at 1,500 a second', EASY_PER_SECOND],
    ['to a socket, both at half of what the slower can', Math.min(...capacities) / 2]
  ] as const) {
    const sides = parties.map((party) => ({ name: party.name, run: () => paced(party, { rate, ms: runMs }) }))
    comparisons.push(await compare(title, rounds, sides))
  }
  await Promise.all(parties.flatMap(({ server, listeners }) => [server.close(), listeners.close()]))
  return comparisons
}

async function start(bench: Bench, name: string, module: string): Promise<Party> {
  const server = bench.start<LiveServer>(new URL(module, import.meta.url))
  const listeners = bench.start<Listeners>(new URL('listeners.ts', import.meta.url))
  const port = await server.call('listen', { namespaces: NAMESPACES, folder: bench.folder() })
  await listeners.call('connect', { port, namespaces: NAMESPACES })
  return { name, server, listeners }
}

async function paced({ server, listeners }: Party, { rate, ms }: { rate: number; ms: number }): Promise<Sample> {
  await listeners.call('begin')
  await server.stalls()
  const cpuBefore = await server.cpu()
  const begun = performance.now()
  const count = await server.call('pace', rate, ms)
  const { p50, p99, p999 } = await listeners.call('until', count)
  const seconds = (performance.now() - begun) / 1_000
  const cpu = ((await server.cpu()) - cpuBefore) / count
  const { maxMs } = await server.stalls()
  return {
    'events/s': count / seconds,
    'p50 ms': p50,
    'p99 ms': p99,
    'p99.9 ms': p999,
    'longest stall ms': maxMs,
    'CPU µs/event': cpu
  }
}
