import type { CapacityInputs } from './inputs.ts'

/** What is to be carried. */
export interface Workload {
  instances: number
  eventsPerSecond: number
  /** Each listens to one instance. */
  sockets: number
  /** Queues to which an event goes. */
  queuesPerEvent: number
  retentionHours: number
}

/** What machines give, and how much of it is used. */
export interface Machines {
  postgresCores: number
  /** Time for the disk to sync a commit. */
  flushUs: number
  /** Bytes of memory of a node. */
  nodeBytes: number
  /** Share of a processor that is used at most: the rest is for peaks, and for what a lost node leaves to others. */
  busy: number
}

export const MACHINES: Machines = { postgresCores: 16, flushUs: 1_000, nodeBytes: 8 * 2 ** 30, busy: 0.6 }

export type Bound = 'appends' | 'reading the log' | 'cores of PostgreSQL' | 'memory of a node'

/** One cluster: nodes on one PostgreSQL. */
export interface Cluster {
  nodes: number
  /** Cores that a node uses. It is one thread: 1 is all. */
  nodeCores: number
  nodeBytes: number
  socketsPerNode: number
  postgresCores: number
  /** Share of the time in which appends, which take turns, hold the lock of the log for the sake of their events. */
  appendShare: number
  eventsPerCommit: number
  commitsPerSecond: number
  /** Commits of acknowledgements. */
  acknowledgementsPerSecond: number
  walBytesPerSecond: number
  storedBytes: number
}

export interface Estimate {
  /** Each has its own PostgreSQL and its share of the instances. */
  clusters: number
  each: Cluster
  /** Why one cluster less would not do; `undefined` for one cluster. */
  bound: Bound | undefined
}

const US = 1_000_000
/** Seconds between pings of a socket. */
const PING_SECONDS = 25
/** Instances of its sockets above which a node reads all events (lib/store/postgres/tail.ts). */
const MAX_INSTANCES_READ = 1_000
const FEWEST_NODES = 2
const MOST_NODES = 100
const MOST_CLUSTERS = 10_000

/** The least clusters that carry a workload, and the nodes of each. @throws {RangeError} not even many would */
export function estimate(inputs: CapacityInputs, workload: Workload, machines: Machines = MACHINES): Estimate {
  let bound: Bound | undefined
  for (let clusters = 1; clusters <= MOST_CLUSTERS; clusters++) {
    const each = cluster(inputs, share(workload, clusters), machines)
    if (typeof each !== 'string') return { clusters, each, bound }
    bound = each
  }
  throw new RangeError(`${MOST_CLUSTERS} clusters are too few: ${bound}`)
}

function share({ instances, eventsPerSecond, sockets, ...rest }: Workload, clusters: number): Workload {
  return {
    ...rest,
    instances: instances / clusters,
    eventsPerSecond: eventsPerSecond / clusters,
    sockets: sockets / clusters
  }
}

/** The least nodes of one cluster, or what makes any number of nodes too few. */
export function cluster(inputs: CapacityInputs, workload: Workload, machines: Machines): Cluster | Bound {
  const appends = appending(inputs, workload, machines)
  if (appends.appendShare > machines.busy) return 'appends'
  let bound: Bound = 'reading the log'
  for (let nodes = FEWEST_NODES; nodes <= MOST_NODES; nodes++) {
    const node = nodeOf(inputs, workload, { nodes, commitsPerSecond: appends.commitsPerSecond })
    if (node.nodeCores > machines.busy) continue
    bound = node.nodeBytes > machines.nodeBytes ? 'memory of a node' : 'cores of PostgreSQL'
    const postgresCores = databaseCores(inputs, workload, { ...appends, ...node, nodes })
    if (bound === 'cores of PostgreSQL' && postgresCores <= machines.postgresCores * machines.busy)
      return { nodes, ...node, postgresCores, ...appends, ...disk(inputs, workload, appends) }
  }
  return bound
}

/** Appends take turns: events that come during a commit are the next one, so commits grow with the rate. */
function appending(
  { postgres: { commit, event, queuedUs } }: CapacityInputs,
  { eventsPerSecond, queuesPerEvent }: Workload,
  { flushUs }: Machines
) {
  const appendShare = (eventsPerSecond * (event.cpuUs + queuesPerEvent * queuedUs)) / US
  const waiting = (eventsPerSecond * (commit.cpuUs + flushUs)) / US
  const eventsPerCommit = Math.max(1, waiting / (1 - appendShare))
  return { appendShare, eventsPerCommit, commitsPerSecond: eventsPerSecond / eventsPerCommit }
}

/** What one of so many nodes does. */
function nodeOf(
  { node }: CapacityInputs,
  { instances, eventsPerSecond, sockets, queuesPerEvent }: Workload,
  { nodes, commitsPerSecond }: { nodes: number; commitsPerSecond: number }
) {
  const socketsPerNode = sockets / nodes
  const others = 1 - 1 / nodes
  const read = readShare(instances, socketsPerNode) * others
  const delivered = instances === 0 ? 0 : (eventsPerSecond * socketsPerNode) / instances
  const us =
    node.idleUs +
    (eventsPerSecond / nodes) * (node.ingestUs + queuesPerEvent * node.deliveryUs) +
    commitsPerSecond * others * node.notifiedUs +
    readsPerSecond(commitsPerSecond * others, eventsPerSecond * read) * node.readUs +
    eventsPerSecond * read * node.followedUs +
    delivered * node.emittedUs +
    (socketsPerNode / PING_SECONDS) * node.pingUs
  const nodeBytes = node.baseBytes + socketsPerNode * node.socketBytes + instances * node.instanceBytes
  return { nodeCores: us / US, nodeBytes, socketsPerNode }
}

/** The share of all events that a node reads: those of its sockets' instances, or all if these are many. */
function readShare(instances: number, socketsPerNode: number): number {
  const own = Math.min(instances, socketsPerNode)
  return own > MAX_INSTANCES_READ ? 1 : own / Math.max(1, instances)
}

/** A node reads once for a commit, if there is anything for it. */
function readsPerSecond(commits: number, events: number): number {
  return Math.min(commits, events)
}

interface Load {
  nodes: number
  commitsPerSecond: number
  socketsPerNode: number
}

function databaseCores(
  { postgres }: CapacityInputs,
  { instances, eventsPerSecond, queuesPerEvent }: Workload,
  { nodes, commitsPerSecond, socketsPerNode }: Load
): number {
  const read = eventsPerSecond * readShare(instances, socketsPerNode)
  const us =
    nodes * postgres.idleNodeUs +
    commitsPerSecond * postgres.commit.cpuUs +
    eventsPerSecond * (postgres.event.cpuUs + queuesPerEvent * postgres.delivery.cpuUs) +
    (nodes - 1) *
      (commitsPerSecond * postgres.notifiedUs +
        readsPerSecond(commitsPerSecond, read) * postgres.readUs +
        read * postgres.followedUs)
  return us / US
}

function disk(
  { postgres: { commit, event, delivery, deliveryCommits, eventBytes } }: CapacityInputs,
  { eventsPerSecond, queuesPerEvent, retentionHours }: Workload,
  { commitsPerSecond }: { commitsPerSecond: number }
) {
  return {
    walBytesPerSecond:
      commitsPerSecond * commit.walBytes + eventsPerSecond * (event.walBytes + queuesPerEvent * delivery.walBytes),
    acknowledgementsPerSecond: eventsPerSecond * queuesPerEvent * deliveryCommits,
    storedBytes: eventsPerSecond * retentionHours * 3_600 * eventBytes
  }
}
