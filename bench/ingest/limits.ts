import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison } from '../harness/compare.ts'
import type { IngestServer } from './ingest-server.ts'
import type { LoadProcess } from './load.ts'
import { run, type Scenario, title, warmUp } from './measure.ts'

const SCENARIOS: readonly Scenario[] = [
  { size: '0.8 kB', perRequest: 1, connections: 64 },
  { size: '0.8 kB', perRequest: 100, connections: 8 }
]

/** What limits of an instance (events and bytes a second, retained bytes) cost while none is reached. */
export default async function limits(bench: Bench): Promise<Comparison[]> {
  const load = bench.start<LoadProcess>(new URL('load.ts', import.meta.url))
  const parties = []
  for (const [name, limited] of [
    ['with limits', true],
    ['without limits', false]
  ] as const) {
    const server = bench.start<IngestServer>(new URL('ours.ts', import.meta.url))
    const port = await server.call('listen', { folder: bench.folder(), databasePort: undefined, limits: limited })
    parties.push({ name, server, port, cpu: () => server.cpu() })
  }
  const [rounds, runSeconds, warmUpSeconds] = bench.quick ? [2, 0.2, 0.3] : [9, 1, 1.5]
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
