import { estimate, MACHINES, type Estimate, type Workload } from './estimate.ts'
import type { CapacityInputs } from './inputs.ts'
import { CLIENT, nodeLoss, type NodeLoss } from './node-loss.ts'

const MB = 1e6
const MIB = 2 ** 20
/** Sizes of docs/capacity.md, with an event each five seconds and a socket for each instance. */
export const SIZES: readonly Workload[] = [1_000, 100_000, 1_000_000].map((instances) => ({
  instances,
  eventsPerSecond: instances / 5,
  sockets: instances,
  queuesPerEvent: 1,
  retentionHours: 24
}))
const LOSS: NodeLoss = {
  ...CLIENT,
  nodes: 3,
  missed: 20,
  socketsPerNode: 100_000,
  loss: 'killed',
  spare: 1 - MACHINES.busy,
  postgresCores: MACHINES.postgresCores * (1 - MACHINES.busy)
}
/** What is different from `LOSS`, and what is said of it. */
const LOSSES: readonly [Partial<NodeLoss>, string][] = [
  ...[3, 10, 30].flatMap((nodes) => [0, 20].map((missed): [Partial<NodeLoss>, string] => [{ nodes, missed }, '–'])),
  [{ timeoutMs: 300_000 }, '`timeout` 300 s'],
  [{ reconnectionDelayMaxMs: 30_000 }, '`reconnectionDelayMax` 30 s'],
  [{ spare: 1 }, 'nodes with nothing else to do'],
  [{ nodes: 30, loss: 'cut off' }, 'cut off, not killed']
]

/** Each input, by its name in `CapacityInputs`. */
export function inputsTable({ postgres, node }: CapacityInputs): string {
  const { commit, event, delivery, ...rest } = postgres
  const costs = Object.entries({ commit, event, delivery }).flatMap(([name, { cpuUs, walBytes }]) => [
    [`\`postgres.${name}\``, `${number(cpuUs)} µs`],
    [`\`postgres.${name}\`, write-ahead log`, `${number(walBytes)} bytes`]
  ])
  const others = Object.entries({ postgres: rest, node }).flatMap(([part, values]) =>
    Object.entries(values).map(([name, value]) => [`\`${part}.${name}\``, `${number(value)}${unit(name)}`])
  )
  return table(['input', 'measured'], [...costs, ...others])
}

/** What the sizes take. */
export function sizesTable(inputs: CapacityInputs, workloads: readonly Workload[] = SIZES): string {
  const header = ['instances', 'events/s', 'sockets', 'clusters', 'nodes of each', 'a node', 'PostgreSQL of each']
  return table(
    header,
    workloads.map((workload) => sizeRow(workload, estimate(inputs, workload)))
  )
}

function sizeRow({ instances, eventsPerSecond, sockets }: Workload, { clusters, each, bound }: Estimate): string[] {
  return [
    number(instances),
    number(eventsPerSecond),
    number(sockets),
    bound === undefined ? '1' : `${clusters} (with fewer: ${bound})`,
    number(each.nodes),
    `${each.nodeCores.toFixed(2)} cores, ${number(each.nodeBytes / MIB)} MiB, ${number(each.socketsPerNode)} sockets`,
    `${each.postgresCores.toFixed(2)} cores, ${number(each.commitsPerSecond + each.acknowledgementsPerSecond)} commits/s, ` +
      `WAL ${(each.walBytesPerSecond / MB).toFixed(1)} MB/s, a log of ${number(each.storedBytes / 1e9)} GB`
  ]
}

/** Events a second at which one cluster ends, however many nodes it has, with as much of a processor as `MACHINES.busy`. */
export function limitsTable({ postgres, node }: CapacityInputs): string {
  const perSecond = (us: number) => number((MACHINES.busy * 1e6) / us)
  return table(
    ['limit', 'events/s'],
    [
      ['appends of events without a queue', perSecond(postgres.event.cpuUs)],
      ['appends of events to one queue each', perSecond(postgres.event.cpuUs + postgres.queuedUs)],
      ['a node that reads all events for its sockets', perSecond(node.followedUs)],
      ['a socket on `/` that receives all events', perSecond(node.followedUs + node.emittedUs)]
    ]
  )
}

/** How long the sockets of a lost node are away. */
export function lossTable(inputs: CapacityInputs): string {
  const rows = LOSSES.map(([different, name]) => {
    const loss = { ...LOSS, ...different }
    const { halfSeconds, allSeconds, failures, bound } = nodeLoss(inputs, loss)
    const times = [halfSeconds, allSeconds].map((seconds) => `${seconds.toFixed(0)} s`)
    return [number(loss.nodes), number(loss.missed), name, ...times, failures.toFixed(2), bound]
  })
  const header = ['nodes', 'missed', 'different', 'half are back', 'all are back', 'failed attempts, each', 'bound by']
  return table(header, rows)
}

function table(header: string[], rows: readonly string[][]): string {
  const lines = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const [head, ...body] = lines.map((line) => `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`)
  return [head, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body].join('\n')
}

function unit(name: string): string {
  if (name.endsWith('Us')) return ' µs'
  return name.endsWith('Commits') ? '' : ' bytes'
}

function number(value: number): string {
  return value.toLocaleString('en', value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 })
}
