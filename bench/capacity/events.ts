import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../harness/bench.ts'
import type { Peer } from '../harness/peer.ts'
import type { LoadProcess } from '../ingest/load.ts'
import type { Listeners } from '../latency/listeners.ts'
import type { FakeSqs } from '../sqs/fake-sqs.ts'
import { instanceNames } from '../sqs/sender.ts'
import { medians, taken } from './counter.ts'
import type { CountedDatabase } from './database.ts'
import type { CapacityNode, Commits } from './node.ts'
import type { ResumingSockets } from './resuming.ts'

const NAMES = instanceNames(400)
/** Instances that take turns; others of which nothing is sent, and others that sockets listen to. */
const SOME = 100
const UNSENT = instanceNames(SOME).map((name) => `unsent-${name}`)
const HEARD = instanceNames(SOME).map((name) => `heard-${name}`)
/** Commits of one event and of many: the difference is what an event takes, the rest a commit. */
const MANY = 100
const FEW_ROUNDS = 3

/** Two nodes that send to queues. */
interface Parties {
  bench: Bench
  database: CountedDatabase
  sqs: Peer<FakeSqs>
  sender: number
  senders: readonly [Peer<CapacityNode>, Peer<CapacityNode>]
  /** Of the first of the senders. */
  port: number
  rounds: number
  /** Commits of one event; a fifth of them with many. */
  commits: number
}

/** Processor time, write-ahead log and commits of events on their way in and out. */
export async function costsOfEvents(bench: Bench, database: CountedDatabase) {
  const sqs = bench.start<FakeSqs>(new URL('../sqs/fake-sqs.ts', import.meta.url))
  const endpoint = await sqs.call('listen')
  const sender = await sqs.call('open', { ordered: true })
  const start = () => bench.start<CapacityNode>(new URL('node.ts', import.meta.url))
  const [rounds, commits] = bench.quick ? [1, 100] : [FEW_ROUNDS, 400]
  const written = await writing({ database, node: start(), endpoint, rounds, commits })
  const senders = [start(), start()] as const
  const port = await senders[0].call('listen', { ...database.place, endpoint })
  await senders[1].call('listen', { ...database.place, endpoint })
  for (const node of senders) while (!(await node.call('hasHalf'))) await pause(50)
  const parties = { bench, database, sqs, sender, senders, port, rounds, commits }
  await senders[0].call('commit', { event: 'messages.update', instances: NAMES, commits: 50, eventsPerCommit: 40 })

  const appended = await appending(parties)
  const emitted = await emitting(parties)
  const followed = await following(parties)
  const idle = await idling(parties)
  const ingest = await ingesting(parties)
  await Promise.all([sqs, ...senders].map((peer) => peer.close()))
  return { ...written, ...appended, ...emitted, ...followed, ...idle, ...ingest }
}

interface Writing extends Pick<Parties, 'database' | 'rounds' | 'commits'> {
  node: Peer<CapacityNode>
  endpoint: string
}

/** What deliveries add to a commit of events, while nobody sends them. */
async function writing({ database, node, endpoint, rounds, commits }: Writing) {
  const release = await database.holdPartitions()
  await node.call('listen', { ...database.place, endpoint })
  const run = (event: Commits['event'], count: number) =>
    taken(database, [], () => node.call('commit', { event, instances: UNSENT, commits: count, eventsPerCommit: MANY }))
  await run('messages.upsert', commits / 20)
  const result = await medians(rounds, async () => {
    const [logged, queued] = [await run('messages.update', commits / 5), await run('messages.upsert', commits / 5)]
    return { queuedUs: (queued.cpuUs - logged.cpuUs) / ((MANY * commits) / 5) }
  })
  await node.close()
  await release()
  return result
}

/** Commits on the first node, alone and together, with and without a queue that the second node sends to. */
function appending({ database, sqs, sender, senders, rounds, commits }: Parties) {
  return medians(rounds, async () => {
    const foreign = (await senders[0].call('foreign', NAMES)).slice(0, SOME)
    const run = (event: Commits['event'], eventsPerCommit: number) =>
      taken(database, senders, async () => {
        await sqs.call('begin', { sender, delayMs: 0 })
        const count = await senders[0].call('commit', {
          event,
          instances: foreign,
          commits: eventsPerCommit === 1 ? commits : commits / 5,
          eventsPerCommit
        })
        if (event !== 'messages.upsert') return
        await sqs.call('until', count)
        await sqs.call('check')
        await database.delivered()
      })
    const [loggedOne, loggedMany] = [await run('messages.update', 1), await run('messages.update', MANY)]
    const queuedMany = await run('messages.upsert', MANY)
    const events = (MANY * commits) / 5
    const nodes = ({ nodes }: { nodes: number[] }) => nodes.reduce((sum, cpu) => sum + cpu, 0)
    const eventUs = (loggedMany.cpuUs / events - loggedOne.cpuUs / commits / MANY) / (1 - 1 / MANY)
    const eventWal = (loggedMany.walBytes / events - loggedOne.walBytes / commits / MANY) / (1 - 1 / MANY)
    return {
      commitUs: loggedOne.cpuUs / commits - eventUs,
      commitWal: loggedOne.walBytes / commits - eventWal,
      eventUs,
      eventWal,
      deliveryUs: (queuedMany.cpuUs - loggedMany.cpuUs) / events,
      deliveryWal: (queuedMany.walBytes - loggedMany.walBytes) / events,
      deliveryCommits: (queuedMany.writes - loggedMany.writes) / events,
      nodeDeliveryUs: (nodes(queuedMany) - nodes(loggedMany)) / events
    }
  })
}

/** Events to sockets of the node that accepts them, one socket for each instance. */
async function emitting({ bench, senders: [node], port, rounds, commits }: Parties) {
  await node.call('select', HEARD)
  const listeners = bench.start<Listeners>(new URL('../latency/listeners.ts', import.meta.url))
  await listeners.call('connect', { port, namespaces: HEARD })
  const run = async (instances: readonly string[], heard: boolean) => {
    await listeners.call('begin')
    const before = await node.cpu()
    const count = await node.call('commit', {
      event: 'messages.update',
      instances,
      commits: commits / 5,
      eventsPerCommit: MANY
    })
    if (heard) await listeners.call('until', count)
    return ((await node.cpu()) - before) / count
  }
  const result = await medians(rounds, async () => ({
    emittedUs: -(await run(NAMES, false)) + (await run(HEARD, true))
  }))
  await listeners.close()
  return result
}

/** Two more nodes on the same log: notified only, then reading all of it for a socket that receives none of it. */
function following({ bench, database, senders, rounds, commits }: Parties) {
  const run = async (nodes: readonly Peer<CapacityNode>[], eventsPerCommit: number) => {
    const count = eventsPerCommit === 1 ? commits : commits / 5
    const { cpuUs, nodes: cpus } = await taken(database, nodes, () =>
      senders[0].call('commit', { event: 'messages.update', instances: NAMES, commits: count, eventsPerCommit })
    )
    // Of each commit, and of each other node.
    return { database: cpuUs / count, node: cpus.reduce((sum, cpu) => sum + cpu, 0) / cpus.length / count }
  }
  return medians(rounds, async () => {
    const [aloneOne, aloneMany] = [await run([], 1), await run([], MANY)]
    const nodes = [0, 1].map(() => bench.start<CapacityNode>(new URL('node.ts', import.meta.url)))
    const ports = await Promise.all(nodes.map((node) => node.call('listen', database.place)))
    await run(nodes, MANY)
    const idle = await run(nodes, 1)
    const sockets = bench.start<ResumingSockets>(new URL('resuming.ts', import.meta.url))
    for (const port of ports) await sockets.call('watch', port)
    await run(nodes, MANY)
    const [readOne, readMany] = [await run(nodes, 1), await run(nodes, MANY)]
    await Promise.all([sockets, ...nodes].map((peer) => peer.close()))
    const perNode = (more: number) => Math.max(0, more / nodes.length)
    const followed =
      perNode(readMany.database - aloneMany.database - (readOne.database - aloneOne.database)) / (MANY - 1)
    const nodeFollowed = (readMany.node - readOne.node) / (MANY - 1)
    const [notified, nodeNotified] = [perNode(idle.database - aloneOne.database), idle.node]
    return {
      notifiedUs: notified,
      readUs: Math.max(0, perNode(readOne.database - aloneOne.database) - followed - notified),
      followedUs: followed,
      nodeNotifiedUs: nodeNotified,
      nodeReadUs: readOne.node - nodeFollowed - nodeNotified,
      nodeFollowedUs: nodeFollowed
    }
  })
}

/** Nodes that have nothing to do. */
async function idling({ bench, database, senders: nodes }: Parties) {
  const seconds = bench.quick ? 1 : 8
  const { cpuUs, nodes: cpus } = await taken(database, nodes, () => pause(seconds * 1_000))
  const cpu = cpus.reduce((sum, one) => sum + one, 0)
  return { idleUs: cpuUs / nodes.length / seconds, nodeIdleUs: cpu / nodes.length / seconds }
}

/** Requests of one event each, over HTTP. */
async function ingesting({ bench, database, rounds, commits }: Parties) {
  const node = bench.start<CapacityNode>(new URL('node.ts', import.meta.url))
  const port = await node.call('listen', database.place)
  const load = bench.start<LoadProcess>(new URL('../ingest/load.ts', import.meta.url))
  const requests = commits * 10
  const send = (count: number) =>
    load.call('run', { port, connections: 64, requests: count, size: '0.8 kB', perRequest: 1 })
  await send(requests / 2)
  const result = await medians(rounds, async () => {
    const { nodes, writes } = await taken(database, [node], () => send(requests))
    return { ingestUs: (nodes[0] ?? Number.NaN) / requests, eventCommits: writes / requests }
  })
  await Promise.all([load.close(), node.close()])
  return result
}
