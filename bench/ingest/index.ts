import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { EventSize } from '../harness/sample-events.ts'
import type { IngestServer } from './ingest-server.ts'
import type { LoadProcess } from './load.ts'

interface Scenario {
  size: EventSize
  perRequest: number
  connections: number
}

interface Party {
  name: string
  server: Peer<IngestServer>
  port: number
}

const SCENARIOS: readonly Scenario[] = [
  { size: '0.8 kB', perRequest: 1, connections: 64 },
  { size: '8 kB', perRequest: 1, connections: 64 },
  { size: '0.8 kB', perRequest: 100, connections: 8 },
  { size: '8 kB', perRequest: 100, connections: 8 }
]
/** Every connection sends some, and rates are known before the first run. */
const WARM_UP_REQUESTS = 200

/** Durable `POST /events/:instance`, against the same route that stores nothing. */
export default async function ingest(bench: Bench): Promise<Comparison[]> {
  const load = bench.start<LoadProcess>(new URL('load.ts', import.meta.url))
  const parties = await Promise.all(
    [
      ['ours', 'ours.ts'],
      ['stores nothing', 'bare.ts']
    ].map(async ([name = '', file = '']): Promise<Party> => {
      const server = bench.start<IngestServer>(new URL(file, import.meta.url))
      return { name, server, port: await server.call('listen', { folder: bench.folder() }) }
    })
  )
  const [rounds, runSeconds, warmUpSeconds] = bench.quick ? [3, 0.3, 0.4] : [7, 1.2, 2]
  const comparisons: Comparison[] = []
  for (const scenario of SCENARIOS) {
    const sides = []
    for (const party of parties) {
      const requests = await warmUp(load, party, { ...scenario, seconds: warmUpSeconds })
      const count = Math.max(scenario.connections, Math.round(requests * runSeconds))
      sides.push({ name: party.name, run: () => run(load, party, scenario, count) })
    }
    comparisons.push(await compare(title(scenario), rounds, sides))
  }
  return comparisons
}

/** @returns requests a second */
async function warmUp(
  load: Peer<LoadProcess>,
  party: Party,
  { seconds, ...scenario }: Scenario & { seconds: number }
): Promise<number> {
  const events = (sample: Sample) => (sample['events/s'] ?? 0) / scenario.perRequest
  const cold = events(await run(load, party, scenario, WARM_UP_REQUESTS))
  return events(await run(load, party, scenario, Math.max(scenario.connections, Math.round(cold * seconds))))
}

async function run(load: Peer<LoadProcess>, party: Party, scenario: Scenario, requests: number): Promise<Sample> {
  const { server, port } = party
  const before = await server.cpu()
  const { seconds, p50Ms, p99Ms } = await load.call('run', { ...scenario, port, requests })
  const cpu = (await server.cpu()) - before
  const events = requests * scenario.perRequest
  const taken = await server.call('taken')
  if (taken !== events) throw new Error(`${party.name}: ${events} events were sent, ${taken} taken in`)
  return { 'events/s': events / seconds, 'CPU µs/event': cpu / events, 'p50 ms': p50Ms, 'p99 ms': p99Ms }
}

function title({ size, perRequest }: Scenario): string {
  return perRequest === 1 ? `${size}, one a request` : `${size}, ${perRequest} a request`
}
