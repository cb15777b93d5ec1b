import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../harness/bench.ts'
import type { Peer } from '../harness/peer.ts'
import type { DirectoryServer } from '../growth/directory-server.ts'
import { instanceNames } from '../sqs/sender.ts'
import type { Clients } from '../websocket/clients.ts'
import { taken } from './counter.ts'
import type { CountedDatabase } from './database.ts'
import type { CapacityNode } from './node.ts'
import type { ResumingSockets } from './resuming.ts'

const NAMES = instanceNames(400)
const SOCKETS_EACH = 5
const SOCKETS = NAMES.length * SOCKETS_EACH
/** Events that each socket is replayed. */
const MISSED = 20
const SETTLE_MS = 300
const PING_MS = 500
const PINGED_MS = 5_000
const HELD_INSTANCES = 100_000

interface Parties {
  node: Peer<CapacityNode>
  clients: Peer<Clients>
  port: number
}

/** Memory and processor time of sockets that connect, stay, and come back. */
export async function costsOfSockets(bench: Bench, database: CountedDatabase) {
  const node = bench.start<CapacityNode>(new URL('node.ts', import.meta.url), '--expose-gc')
  const port = await node.call('listen', database.place)
  await node.call('select', NAMES)
  const clients = bench.start<Clients>(new URL('../websocket/clients.ts', import.meta.url))
  const parties = { node, clients, port }
  const idle = await staying(parties)
  const pings = await pinged(parties)
  const replays = await resuming(bench, database, parties)
  await Promise.all([node.close(), clients.close()])
  return { ...idle, ...pings, ...replays, ...(await instances(bench)) }
}

function connect({ clients, port }: Parties, sockets: number): Promise<number> {
  return clients.call('connect', { port, protocol: 'socket.io', namespaces: NAMES, sockets })
}

async function staying(parties: Parties) {
  const { node, clients } = parties
  await clients.call('close', await connect(parties, 1))
  await pause(SETTLE_MS)
  const before = await node.memory()
  const cpu = await node.cpu()
  const connected = await connect(parties, SOCKETS_EACH)
  const handshakeUs = ((await node.cpu()) - cpu) / SOCKETS
  await pause(SETTLE_MS)
  const after = await node.memory()
  await clients.call('close', connected)
  const heap = ({ heapUsed, external }: NodeJS.MemoryUsage) => heapUsed + external
  return {
    handshakeUs,
    baseBytes: before.rss,
    socketBytes: (after.rss - before.rss) / SOCKETS,
    socketHeapBytes: (heap(after) - heap(before)) / SOCKETS
  }
}

/** Pings come more often than usual, so that there are enough of them. */
async function pinged(parties: Parties) {
  const { node, clients } = parties
  await pause(SETTLE_MS)
  const idle = await node.cpu()
  await pause(PINGED_MS)
  const before = await node.cpu()
  await node.call('pingEvery', PING_MS)
  const connected = await connect(parties, SOCKETS_EACH)
  const begun = await node.cpu()
  await pause(PINGED_MS)
  const busy = (await node.cpu()) - begun
  await clients.call('close', connected)
  return { pingUs: (busy - (before - idle)) / (SOCKETS * (PINGED_MS / PING_MS)) }
}

/** One socket of each instance that missed nothing, then one that missed some events. */
async function resuming(bench: Bench, database: CountedDatabase, { node, port }: Parties) {
  await node.call('pingEvery', 25_000)
  const offset = await database.head()
  await node.call('commit', {
    event: 'messages.update',
    instances: NAMES,
    commits: MISSED,
    eventsPerCommit: NAMES.length
  })
  const sockets = bench.start<ResumingSockets>(new URL('resuming.ts', import.meta.url))
  const run = async (from: number, missed: number) => {
    const cost = await taken(database, [node], async () => {
      const received = await sockets.call('resume', { port, namespaces: NAMES, offset: from })
      if (received !== missed * NAMES.length) throw new Error(`${received} events were replayed`)
    })
    await sockets.call('close')
    await pause(SETTLE_MS)
    return { database: cost.cpuUs / NAMES.length, node: (cost.nodes[0] ?? Number.NaN) / NAMES.length }
  }
  const head = await database.head()
  await run(head, 0)
  await run(offset, MISSED)
  const [none, some] = [await run(head, 0), await run(offset, MISSED)]
  await sockets.close()
  return {
    resumeUs: none.database,
    replayedUs: (some.database - none.database) / MISSED,
    nodeResumeUs: none.node,
    nodeReplayedUs: (some.node - none.node) / MISSED
  }
}

async function instances(bench: Bench) {
  const measure = async (count: number) => {
    const server = bench.start<DirectoryServer>(
      new URL('../growth/directory-server.ts', import.meta.url),
      '--expose-gc'
    )
    await server.call('listen', count)
    const { heapUsed, external } = await server.memory()
    await server.close()
    return heapUsed + external
  }
  const few = await measure(1)
  return { instanceBytes: ((await measure(HELD_INSTANCES)) - few) / HELD_INSTANCES }
}
