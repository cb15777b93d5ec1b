import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison } from '../harness/compare.ts'
import type { Clients } from './clients.ts'
import { type Contestant, CONTESTANTS } from './contestants.ts'
import { type Party, run } from './fan-out.ts'
import type { FanOutServer, ListenOptions } from './fan-out-server.ts'
import type { Protocol } from './listener.ts'

const NAMESPACES = ['bench']

interface Door {
  name: string
  protocol?: Protocol
  selection?: ListenOptions['selection']
  /** Whether each socket has a filter of its own. */
  filters?: boolean
}

export const FILTERS: readonly Door[] = [
  { name: 'no filter' },
  { name: 'a selection with a filter', selection: { filter: { n: [{ numeric: ['>', 0] }] } } },
  { name: 'a filter for each socket', filters: true },
  { name: 'a selection that omits a member', selection: { omit: ['data.messageTimestamp'] } }
]
const PROTOCOLS: readonly Door[] = [
  { name: 'Server-Sent Events', protocol: 'event-stream' },
  { name: 'sockets', protocol: 'socket.io' }
]

/** The cost of filters that all events match, of left-out members, and of streams instead of sockets. */
export async function doors(bench: Bench): Promise<Comparison[]> {
  return [
    ...(await beside(bench, '100 sockets, filters', { doors: FILTERS, sockets: 100 })),
    ...(await beside(bench, '500 streams', { doors: PROTOCOLS, sockets: 500 }))
  ]
}

async function beside(
  bench: Bench,
  title: string,
  { doors: all, sockets }: { doors: readonly Door[]; sockets: number }
): Promise<Comparison[]> {
  const [rounds, runMs, warmUpMs] = bench.quick ? [2, 150, 150] : [7, 700, 1_500]
  const clients = bench.start<Clients>(new URL('clients.ts', import.meta.url))
  const [ours] = CONTESTANTS as readonly [Contestant]
  const parties: Party[] = []
  for (const { name, protocol = 'socket.io', selection, filters = false } of all) {
    const server = bench.start<FanOutServer>(ours.module)
    const port = await server.call('listen', {
      namespaces: NAMESPACES,
      folder: bench.folder(),
      ...(selection && { selection })
    })
    const audience = await clients.call('connect', { port, protocol, namespaces: NAMESPACES, sockets, filters })
    parties.push({ ...ours, name, protocol, server, port, clients, audience })
  }
  const comparisons: Comparison[] = []
  for (const events of [1, 20]) {
    for (const party of parties) await run(party, events, warmUpMs)
    const sides = parties.map((party) => ({ name: party.name, run: () => run(party, events, runMs) }))
    const how = events === 1 ? 'single' : `bursts of ${events}`
    comparisons.push(await compare(`${title}, ${how}`, rounds, sides))
  }
  await Promise.all([clients, ...parties.map(({ server }) => server)].map((peer) => peer.close()))
  return comparisons
}
