import type { Metrics } from '../telemetry/metrics.ts'
import { PARTITIONS } from '../store/partitions.ts'
import type { EventStore, NodeStatus } from '../store/event-store.ts'

/** The status of a single node: all partitions are its own, and it is never behind. */
const ALONE: NodeStatus = { connected: true, nodes: 1, partitions: PARTITIONS, head: 0, position: 0, lagMs: 0 }

/** Adds the gauges of this node and of its part in the cluster. */
export function addNodeGauges(metrics: Metrics, store: Pick<EventStore, 'status'>): void {
  const gauge = (name: string, help: string, read: (status: NodeStatus) => number) =>
    metrics.gauge(name, help, () => read(store.status() ?? ALONE))
  gauge('iev_node_database_connected', '1 if this node is connected to its database, else 0', ({ connected }) =>
    Number(connected)
  )
  gauge('iev_node_nodes', 'Nodes on the database, including this one', ({ nodes }) => nodes)
  gauge(
    'iev_node_partitions',
    `Partitions that this node sends to SQS, of ${PARTITIONS}`,
    (status) => status.partitions
  )
  gauge(
    'iev_node_tail_lag_events',
    'Offsets by which the sockets of this node are behind the log',
    ({ head, position }) => head - position
  )
  gauge(
    'iev_node_tail_lag_seconds',
    'Seconds for which the sockets of this node have been behind the log',
    ({ lagMs }) => lagMs / 1_000
  )
}
