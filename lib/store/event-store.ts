import type { InstanceDirectory } from '../instances/directory.ts'
import type { BlockedAddresses } from './blocked-addresses.ts'
import type { DeadLetterStore } from './dead-letter-store.ts'
import type { DeliveryStore } from './delivery-store.ts'
import type { LogStore } from './log-store.ts'
import type { QueueDeletions } from './queue-deletions.ts'
import type { QueueStore } from './queue-store.ts'
import type { SampleStore } from './sample-store.ts'

/** The state of a node in a cluster. */
export interface NodeStatus {
  /** True while the database answers. */
  readonly connected: boolean
  /** Number of nodes, this one included. */
  readonly nodes: number
  /** Number of partitions that this node sends, of `PARTITIONS`. */
  readonly partitions: number
  /** End of the log as this node knows it. */
  readonly head: number
  /** Offset that all of its subscribers have reached; the head without any. */
  readonly position: number
  /** Milliseconds since they have been behind the head; 0 if they are not. */
  readonly lagMs: number
}

/**
 * The durable, ordered store of accepted events, and of everything that must survive with them. One interface per subject:
 * each user of the store gets the one that it needs. Asynchronous, so that a network database fits. The conformance suite
 * (test/store/conformance.ts) runs on every backend.
 */
export interface EventStore {
  /** `sqlite`, `postgresql`, or a name of your own for another database. */
  readonly kind: string
  /** Instances and their selections: held in memory, written through. */
  readonly instances: InstanceDirectory
  readonly log: LogStore
  readonly deliveries: DeliveryStore
  readonly deadLetters: DeadLetterStore
  readonly queues: QueueStore
  /** Absent where there is only one node. */
  readonly queueDeletions?: QueueDeletions
  /** Absent where there is only one node. */
  readonly blockedAddresses?: BlockedAddresses
  /** Absent where there is only one node. */
  readonly samples?: SampleStore

  /** The state of this node; `undefined` where there is only one. */
  status(): NodeStatus | undefined

  /** Writes to the disk as an append does. @throws the store cannot be written, is damaged, or has lost its locks */
  check(): Promise<void>

  /** Completes writes that wait, then releases everything. Idempotent. Later calls reject with `ClosingError`. */
  close(): Promise<void>
}
