import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison } from '../harness/compare.ts'
import type { LoadProcess } from './load.ts'
import { run, type Scenario, title, warmUp } from './measure.ts'
import { startParties } from './parties.ts'

const SCENARIOS: readonly Scenario[] = [
  { size: '0.8 kB', perRequest: 1, connections: 64 },
  { size: '8 kB', perRequest: 1, connections: 64 },
  { size: '0.8 kB', perRequest: 100, connections: 8 }
]
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
