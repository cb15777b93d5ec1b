import type { Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { EventSize } from '../harness/sample-events.ts'
import type { LoadProcess } from './load.ts'
import type { Party } from './parties.ts'

export interface Scenario {
  size: EventSize
  perRequest: number
  connections: number
}

/** Every connection sends some, and rates are known before the first run. */
const WARM_UP_REQUESTS = 200

/** @returns requests a second */
export async function warmUp(
  load: Peer<LoadProcess>,
  party: Party,
  { seconds, ...scenario }: Scenario & { seconds: number }
): Promise<number> {
  const events = (sample: Sample) => (sample['events/s'] ?? 0) / scenario.perRequest
  const cold = events(await run(load, party, scenario, WARM_UP_REQUESTS))
  return events(await run(load, party, scenario, Math.max(scenario.connections, Math.round(cold * seconds))))
}

export async function run(
  load: Peer<LoadProcess>,
  party: Party,
  scenario: Scenario,
  requests: number
): Promise<Sample> {
  const { server, port } = party
  const before = await party.cpu()
  const { seconds, p99Ms } = await load.call('run', { ...scenario, port, requests })
  const cpu = (await party.cpu()) - before
  const events = requests * scenario.perRequest
  const taken = await server.call('taken')
  if (taken !== events) throw new Error(`${party.name}: ${events} events were sent, ${taken} taken in`)
  return { 'events/s': events / seconds, 'CPU µs/event': cpu / events, 'p99 ms': p99Ms }
}

export function title({ size, perRequest }: Scenario): string {
  return perRequest === 1 ? `${size}, one a request` : `${size}, ${perRequest} a request`
}
