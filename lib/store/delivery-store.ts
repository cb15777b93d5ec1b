import type { StoredEvent } from '../events/event.ts'

/** One instance's pending events of one queue: SQS accepts them in offset order. */
export interface LaneKey {
  readonly queue: string
  readonly instanceKey: number
}

export interface DeliveryRef extends LaneKey {
  readonly offset: number
}

export interface DeliveryFailure {
  readonly reason: string
  readonly message: string
  readonly attempts: number
}

/** Who sends what is pending. Its methods must not throw. */
export interface LaneWatcher {
  /** Lanes that have something pending and are this process's to send: all there are at first, then as they come. May repeat. */
  pending(lanes: readonly LaneKey[]): void
  /**
   * New events of lanes that are this process's to send, in offset order: nothing of their lanes lies between them and
   * what was told before, so that they need not be read. What comes in another way is told by `pending`.
   */
  appended(events: readonly StoredEvent[]): void
  /** Lanes in which something is pending again, older than what was told: to be read from their beginning. */
  redriven(lanes: readonly LaneKey[]): void
  /** Stop sending for these partitions, and tell of each once nothing of it is under way; it is handed over then. */
  release(partitions: ReadonlySet<number>): AsyncIterable<ReadonlySet<number>>
  /** The right to send is lost at once (connection gone): stop without waiting. */
  revoked(partitions: ReadonlySet<number>): void
}

/** What is to be delivered to SQS, by lane. */
export interface DeliveryStore {
  /** Pending deliveries beyond which `LogStore.append` is refused. */
  readonly maxPending: number

  /** How many deliveries are pending, in all. Held in memory. */
  pendingCount(): number

  /** When the oldest event with a pending delivery was accepted (milliseconds since the epoch); `null`: none is pending. */
  oldestPending(): Promise<number | null>

  /**
   * Shares what is pending among the processes that send: each partition is one's at a time, until it is released or
   * revoked. Returns how to stop it: then everything is released, and others take it.
   * @throws {BackpressureError} the database cannot be reached
   */
  watch(watcher: LaneWatcher): Promise<() => Promise<void>>

  /** Whether this process may send for the instance now: to be asked before each call, since a process can be held up. */
  maySend(instanceKey: number): boolean

  /** Pending events of one lane by ascending offset. */
  readLane(lane: LaneKey, options: { after: number; limit: number; maxBytes: number }): Promise<StoredEvent[]>

  /** Forgets deliveries that SQS accepted. Idempotent; may be written a little later, at the latest by `close`. */
  acknowledge(deliveries: readonly DeliveryRef[]): Promise<void>

  /** Turns a pending delivery into a dead letter, atomically; does nothing if it is not pending. */
  bury(delivery: DeliveryRef, failure: DeliveryFailure): Promise<void>
}
