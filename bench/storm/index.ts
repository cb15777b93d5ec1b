import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { ask, DATABASE_URL, drop, newPlace } from '../cluster/database.ts'
import { openStore } from '../../lib/store/open.ts'
import { fill } from '../growth/seed.ts'
import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import { instanceNames } from '../sqs/sender.ts'
import type { StormClients } from './clients.ts'
import type { Probe } from './probe.ts'
import type { StormPlace, StormServer } from './server.ts'

/** Sockets of each instance, and events that each of them has missed. */
const EACH = 5
const MISSED = 50
/** An instance that none of the sockets sees. */
const LIVE = 'live'
const PER_SECOND = 100
/** The time for which they are posted before the sockets come back: first to warm up, then to measure. */
const WARM_UP_MS = 2_000
const BEFORE_MS = 3_000

/**
 * All sockets come back at once, each behind by the whole log, of which few events are its own; beside sockets that
 * missed nothing, and those of Socket.IO alone.
 */
export async function storms(bench: Bench): Promise<Comparison[]> {
  const place = newPlace()
  try {
    await ask('SELECT')
  } catch (error) {
    console.warn(
      `storm: not on PostgreSQL, there is none at ${new URL(DATABASE_URL).host} (${(error as Error).message})`
    )
    return [await storm(bench, 'SQLite', { url: `file:${join(bench.folder(), 'events.db')}` })]
  }
  try {
    return [
      await storm(bench, 'SQLite', { url: `file:${join(bench.folder(), 'events.db')}` }),
      await storm(bench, 'PostgreSQL', place)
    ]
  } finally {
    await bench.close()
    await drop(place)
  }
}

async function storm(bench: Bench, backend: string, place: StormPlace): Promise<Comparison> {
  const sockets = Number(process.env.BENCH_STORM_SOCKETS ?? (bench.quick ? 1_000 : 10_000))
  const namespaces = instanceNames(sockets / EACH)
  await prepare(place, namespaces)
  const clients = bench.start<StormClients>(new URL('clients.ts', import.meta.url))
  const side = (name: string, { missed, module = 'server.ts' }: { missed: number; module?: string }) => {
    const behind = { offset: missed === 0 ? ('latest' as const) : 0, missed }
    const parties = { bench, clients, place, module: new URL(module, import.meta.url) }
    return { name, run: () => comeBack(parties, { ...behind, namespaces, each: EACH }) }
  }
  const sides = [
    side(`${MISSED} missed each`, { missed: MISSED }),
    side('nothing missed', { missed: 0 }),
    side('bare Socket.IO', { missed: 0, module: 'bare-socketio.ts' })
  ]
  const scenario = `${sockets.toLocaleString('en')} sockets come back, ${backend}`
  const comparison = await compare(scenario, bench.quick ? 1 : 3, sides)
  await clients.close()
  return comparison
}

/** Fills the log, and selects all events of all instances. */
async function prepare(place: StormPlace, instances: readonly string[]): Promise<void> {
  const store = await openStore(place)
  await fill(store, { count: instances.length * MISSED, instances, queues: [] })
  const selection = { enabled: true, events: ['MESSAGES_UPSERT'] }
  const select = (name: string) => store.instances.setSelection(name, 'websocket', selection, { register: true })
  await Promise.all([LIVE, ...instances].map(select))
  await store.close()
}

interface Parties {
  bench: Bench
  clients: Peer<StormClients>
  place: StormPlace
  /** That of the server. */
  module: URL
}

/** The server starts, and all sockets come back to it. */
async function comeBack(
  { bench, clients, place, module }: Parties,
  storm: { offset: number | 'latest'; missed: number; namespaces: readonly string[]; each: number }
): Promise<Sample> {
  const server = bench.start<StormServer>(module)
  const probe = bench.start<Probe>(new URL('probe.ts', import.meta.url))
  const port = await server.call('listen', { place, namespaces: [LIVE, ...storm.namespaces] })
  const probing = { port, instance: LIVE, perSecond: PER_SECOND }
  await probe.call('connect', probing)
  const quiet = async (ms: number) => {
    await probe.call('begin', probing)
    await setTimeout(ms)
    return probe.call('end')
  }
  await quiet(WARM_UP_MS)
  await server.stalls()
  const before = await quiet(BEFORE_MS)
  const stallsBefore = await server.stalls()
  await probe.call('begin', probing)
  const cpu = await server.cpu()
  const { median, last, lost } = await clients.call('comeBack', { port, ...storm })
  const used = (await server.cpu()) - cpu
  const stalls = await server.stalls()
  const during = await probe.call('end')
  await clients.call('leave')
  await Promise.all([server.close(), probe.close()])
  const { ECONNRESET: reset = 0, ...others } = lost
  if (Object.keys(others).length > 0) throw new Error(`Connections were lost: ${JSON.stringify(others)}`)
  return {
    'until half are back, s': median / 1_000,
    'until all are back, s': last / 1_000,
    'CPU ms/socket': used / 1_000 / (storm.namespaces.length * storm.each),
    'connections reset': reset,
    'answer, p99 ms': during.answered,
    'answer ÷ before': during.answered / before.answered,
    'live event, p99 ms': during.live,
    'live event ÷ before': during.live / before.live,
    'block of the loop, p99 ms': stalls.p99Ms,
    'block ÷ before': stalls.p99Ms / stallsBefore.p99Ms,
    'longest block, ms': stalls.maxMs
  }
}
