import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { EventSize } from '../harness/sample-events.ts'
import type { LoadProcess } from './load.ts'
import { type Party, startParties } from './parties.ts'

interface Scenario {
  size: EventSize
  perRequest: number
  connections: number
}

const SCENARIOS: readonly Scenario[] = [
  { size: '0.8 kB', perRequest: 1, connections: 64 },
  { size: '8 kB', perRequest: 1, connections: 64 },
  { size: '0.8 kB', perRequest: 100, connections: 8 }
]
/** Every connection sends some, and rates are known before the first run. */
const WARM_UP_REQUESTS = 200

/** Durable `POST /events/:instance`, against routes that store the same event elsewhere, and routes that store nothing. */
export default async function ingest(bench: Bench): Promise<Comparison[]> {
  const parties = await startParties(bench)
  const loads = {
    'plain load': bench.start<LoadProcess>(new URL('load.ts', import.meta.url)),
    autocannon: bench.start<LoadProcess>(new URL('autocannon.ts', import.meta.url))
  }
  const [rounds, runSeconds, warmUpSeconds] = bench.quick ? [2, 0.2, 0.3] : [7, 1, 1.5]
  const comparisons: Comparison[] = []
  for (const scenario of SCENARIOS) {
    for (const [generator, load] of Object.entries(loads)) {
      const sides = []
      for (const party of parties) {
        const requests = await warmUp(load, party, { ...scenario, seconds: warmUpSeconds })
        const count = Math.max(scenario.connections, Math.round(requests * runSeconds))
        sides.push({ name: party.name, run: () => run(load, party, scenario, count) })
      }
      comparisons.push(await compare(`${title(scenario)}, ${generator}`, rounds, sides))
    }
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
  const before = await party.cpu()
  const { seconds, p99Ms } = await load.call('run', { ...scenario, port, requests })
  const cpu = (await party.cpu()) - before
  const events = requests * scenario.perRequest
  const taken = await server.call('taken')
  if (taken !== events) throw new Error(`${party.name}: ${events} events were sent, ${taken} taken in`)
  return { 'events/s': events / seconds, 'CPU µs/event': cpu / events, 'p99 ms': p99Ms }
}

function title({ size, perRequest }: Scenario): string {
  return perRequest === 1 ? `${size}, one a request` : `${size}, ${perRequest} a request`
}
