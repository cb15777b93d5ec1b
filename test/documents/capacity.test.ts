import { readFileSync } from 'node:fs'
import t from 'tap'
import { cluster, estimate, MACHINES, type Workload } from '../../bench/capacity/estimate.ts'
import type { CapacityInputs } from '../../bench/capacity/inputs.ts'
import { CLIENT, nodeLoss, type NodeLoss } from '../../bench/capacity/node-loss.ts'
import { inputsTable, limitsTable, lossTable, sizesTable } from '../../bench/capacity/tables.ts'

/** Round numbers, so that results can be checked by hand. */
const INPUTS: CapacityInputs = {
  postgres: {
    commit: { cpuUs: 200, walBytes: 1_000 },
    event: { cpuUs: 10, walBytes: 1_500 },
    delivery: { cpuUs: 15, walBytes: 500 },
    queuedUs: 10,
    deliveryCommits: 0.1,
    eventBytes: 1_000,
    notifiedUs: 10,
    readUs: 90,
    followedUs: 5,
    idleNodeUs: 5_000,
    resumeUs: 100,
    replayedUs: 10
  },
  node: {
    ingestUs: 50,
    eventCommits: 0.05,
    deliveryUs: 40,
    emittedUs: 10,
    notifiedUs: 20,
    readUs: 80,
    followedUs: 10,
    idleUs: 5_000,
    pingUs: 25,
    handshakeUs: 200,
    resumeUs: 300,
    replayedUs: 10,
    baseBytes: 100_000_000,
    socketBytes: 25_000,
    instanceBytes: 1_000
  }
}
const MACHINE = { ...MACHINES, flushUs: 800, busy: 0.5 }
const SMALL: Workload = { instances: 1_000, eventsPerSecond: 100, sockets: 500, queuesPerEvent: 1, retentionHours: 1 }

t.test('a small cluster is computed as by hand', async (t) => {
  t.match(cluster(INPUTS, SMALL, MACHINE), {
    nodes: 2,
    socketsPerNode: 250,
    // 20 of 1,000,000 µs an event, 100 times a second.
    appendShare: 0.002,
    eventsPerCommit: 1,
    commitsPerSecond: 100,
    // Idle; 50 events in and to queues; 50 notifications; a fourth of the other node's events read; to sockets; pings.
    nodeCores: (5_000 + 50 * 90 + 50 * 20 + 12.5 * 90 + 25 * 10 + 10 * 25) / 1e6,
    nodeBytes: 100_000_000 + 250 * 25_000 + 1_000_000,
    // Idle; commits; events and deliveries; the other node's notifications and reads.
    postgresCores: (2 * 5_000 + 100 * 200 + 100 * 25 + 100 * 10 + 25 * 95) / 1e6,
    walBytesPerSecond: 100 * 3_000,
    acknowledgementsPerSecond: 10,
    storedBytes: 360_000_000
  })
})

t.test('commits grow with the rate, since appends take turns', async (t) => {
  const rate = { ...SMALL, eventsPerSecond: 20_000, sockets: 0 }
  // A commit takes 1,000 µs and 20 for each event: 33.3 events come while 33.3 are written.
  t.match(cluster(INPUTS, rate, MACHINE), { appendShare: 0.4, eventsPerCommit: (20_000 * 0.001) / 0.6 })
})

t.test('an estimate says why fewer clusters would not do', async (t) => {
  const bound = (workload: Partial<Workload>, inputs = INPUTS, machines = MACHINE) => {
    const { clusters, bound } = estimate(inputs, { ...SMALL, ...workload }, machines)
    return [clusters, bound]
  }
  t.same(bound({}), [1, undefined])
  t.same(
    bound({ eventsPerSecond: 30_000, sockets: 0 }),
    [2, 'appends'],
    '600,000 µs a second is more than half of them'
  )
  t.same(
    bound(
      { instances: 400_000, sockets: 400_000, eventsPerSecond: 20_000 },
      { ...INPUTS, node: { ...INPUTS.node, followedUs: 40 } }
    ),
    [2, 'reading the log'],
    'every node would read 20,000 events a second, 40 µs each'
  )
  t.same(bound({ instances: 1e7 }, INPUTS, { ...MACHINE, nodeBytes: 6e9 }), [2, 'memory of a node'])
  t.same(
    bound({ eventsPerSecond: 20_000, sockets: 0 }, INPUTS, { ...MACHINE, postgresCores: 1 })[1],
    'cores of PostgreSQL'
  )
  t.throws(() => bound({}, INPUTS, { ...MACHINE, busy: 0 }), { name: 'RangeError' })
})

const LOSS: NodeLoss = {
  ...CLIENT,
  nodes: 3,
  socketsPerNode: 10_000,
  missed: 0,
  loss: 'killed',
  spare: 0.5,
  postgresCores: 8
}

t.test('the sockets of a lost node are back when clients, nodes and PostgreSQL have done their part', async (t) => {
  const back = (options: Partial<NodeLoss>) => nodeLoss(INPUTS, { ...LOSS, ...options })
  const nodes = back({})
  // 5,000 sockets of 300 µs on half of a processor, after 0.5 s at least.
  t.match(nodes, { failures: 0, bound: 'processors of nodes' })
  t.ok(nodes.allSeconds > 3 && nodes.allSeconds < 4, String(nodes.allSeconds))
  t.same(back({}), nodes, 'the same each time')
  const clients = back({ nodes: 30 })
  t.match(clients, { bound: 'detection and delay of clients' })
  t.ok(clients.allSeconds > 1.49 && clients.allSeconds < 1.6, String(clients.allSeconds))
  t.match(back({ nodes: 30, missed: 1_000 }), { bound: 'PostgreSQL' })
  const cutOff = back({ loss: 'cut off', nodes: 30 })
  t.ok(cutOff.allSeconds > 45 && cutOff.allSeconds < 47, 'a ping is due after 25 s, and 20 s later it is given up')
  const late = back({ socketsPerNode: 100_000 })
  t.ok(late.failures > 0, 'attempts are given up after 20 s')
  t.ok(late.allSeconds >= 50_000 * 0.0006, 'but nothing is lost')
})

t.test('docs/capacity.md has the tables that follow from the measured inputs', async (t) => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const measured = JSON.parse(read('bench/capacity/inputs.json')) as CapacityInputs
  const document = read('docs/capacity.md')
  // As `node bench/capacity/plan.ts` prints them.
  for (const table of [inputsTable, sizesTable, limitsTable, lossTable])
    t.ok(document.includes(`${table(measured)}\n`), table.name)
})
