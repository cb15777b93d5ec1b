import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { Clients } from './clients.ts'
import { startAll, type Started } from './contestants.ts'

export interface FanOut {
  namespaces: number
  /** Of each namespace. */
  sockets: number
  /** Events to each namespace in one turn. */
  bursts: readonly number[]
}

export interface Party extends Started {
  clients: Peer<Clients>
  audience: number
}

/** Bursts of events to all sockets, each begun when the one before has arrived everywhere. */
export async function fanOut(bench: Bench, { namespaces, sockets, bursts }: FanOut): Promise<Comparison[]> {
  const [rounds, runMs, warmUpMs] = bench.quick ? [3, 120, 150] : [7, 700, 1_500]
  const names = Array.from({ length: namespaces }, (_, index) => `bench-${String(index).padStart(4, '0')}`)
  const clients = bench.start<Clients>(new URL('clients.ts', import.meta.url))
  const parties: Party[] = []
  for (const started of await startAll(bench, names)) {
    const { port, protocol } = started
    const audience = await clients.call('connect', { port, protocol, namespaces: names, sockets })
    parties.push({ ...started, clients, audience })
  }
  const comparisons: Comparison[] = []
  for (const events of bursts) {
    for (const party of parties) await run(party, events, warmUpMs)
    const sides = parties.map((party) => ({ name: party.name, run: () => run(party, events, runMs) }))
    comparisons.push(await compare(title(namespaces, sockets, events), rounds, sides))
  }
  await checkSizes(parties)
  await Promise.all([clients, ...parties.map(({ server }) => server)].map((peer) => peer.close()))
  return comparisons
}

/** So many events in each turn, for so long. */
export async function run({ server, clients, audience }: Party, events: number, durationMs: number): Promise<Sample> {
  const before = await clients.call('check', audience)
  const cpuBefore = await server.cpu()
  const begun = performance.now()
  while (performance.now() - begun < durationMs) {
    const received = clients.call('receive', audience, events)
    server.tell('burst', events)
    await received
  }
  const seconds = (performance.now() - begun) / 1_000
  const cpu = (await server.cpu()) - cpuBefore
  const { deliveries } = await clients.call('check', audience)
  const count = deliveries - before.deliveries
  return { 'deliveries/s': count / seconds, 'CPU µs/delivery': cpu / count }
}

/** The same bytes from ours and from bare Socket.IO, but for digits of offsets. */
async function checkSizes(parties: readonly Party[]): Promise<void> {
  const sizes: number[] = []
  for (const { clients, audience, protocol } of parties) {
    const { deliveries, bytes } = await clients.call('check', audience)
    if (protocol === 'socket.io') sizes.push(bytes / deliveries)
  }
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)]
  if (largest - smallest > 4) throw new Error(`Messages differ in size: ${smallest} and ${largest} bytes`)
}

function title(namespaces: number, sockets: number, events: number): string {
  const where = namespaces === 1 ? `${sockets.toLocaleString('en')} sockets` : `${namespaces} namespaces × ${sockets}`
  return `${where}, ${events === 1 ? 'single' : `bursts of ${events}`}`
}
