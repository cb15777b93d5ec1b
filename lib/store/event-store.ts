import type { InstanceDirectory } from '../instances/directory.ts'
import type { DeadLetterStore } from './dead-letter-store.ts'
import type { DeliveryStore } from './delivery-store.ts'
import type { LogStore } from './log-store.ts'

/** How a node stands in a cluster. */
export interface NodeStatus {
  /** Whether the database answers. */
  readonly connected: boolean
  /** How many nodes there are, this one included. */
  readonly nodes: number
  /** Partitions that are this node's to send, of `PARTITIONS`. */
  readonly partitions: number
  /** The highest offset that this node knows of. */
  readonly head: number
  /** How far its subscribers have come; as far as the head without any. */
  readonly position: number
  /** For how long they have been behind, in milliseconds. */
  readonly lagMs: number
}

/**
 * The durable, ordered store of accepted events and of all that must survive with them: one interface per subject, and each
 * user of the store is given the one that it needs.
 * Asynchronous throughout, so that a network database fits. One conformance suite runs on every backend.
 */
export interface EventStore {
  /** Instances and their selections: held in memory, written through. */
  readonly instances: InstanceDirectory
  readonly log: LogStore
  readonly deliveries: DeliveryStore
  readonly deadLetters: DeadLetterStore

  /** How this node stands; `undefined` where there is but one. */
  status(): NodeStatus | undefined

  /** Writes as an append does, to the disk. Rejects when the store cannot be written, or what it locks is not its own. */
  check(): Promise<void>

  /** Writes what waits, then releases everything. Idempotent. Later calls reject with `ClosingError`. */
  close(): Promise<void>
}
