import type { StoredEvent } from '../events/event.ts'

/** One instance's pending events of one queue: SQS accepts them in offset order. */
export interface LaneKey {
  readonly queue: string
  readonly instanceKey: number
}

/** A delivery: one event on its way to one queue. */
export interface DeliveryRef extends LaneKey {
  readonly offset: number
  /**
   * The epoch of the log in which it was read. If the log has lost the event since, its offset is another one's.
   * @default the current one
   */
  readonly epoch?: string | undefined
}

/** The reason why a delivery was given up. */
export interface DeliveryFailure {
  /** A code of this package or of AWS. */
  readonly reason: string
  readonly message: string
  readonly attempts: number
}

/** A delivery that SQS does not have. */
export interface UnsentDelivery {
  readonly queue: string
  /** The dead letter that it became; absent while it is pending. */
  readonly deadLetter?: { readonly id: number; readonly reason: string; readonly message: string }
}

/** Sends pending deliveries. Its methods must not throw. */
export interface LaneWatcher {
  /**
   * Called with lanes that this process is to send and that have pending events: with all of them at first and after
   * `revoked`, later with those that have new ones. A lane may be repeated.
   */
  pending(lanes: readonly LaneKey[]): void
  /**
   * Called with new events of lanes that this process is to send, in offset order. Since the last call of `pending` or
   * `appended`, their lanes have no other new events, so that they need not be read. Other new events come by `pending`.
   */
  appended(events: readonly StoredEvent[]): void
  /** Called with lanes in which older events are pending again, or are erased: they are to be read from their beginning. */
  redriven(lanes: readonly LaneKey[]): void
  /** Stops sending for these partitions. Yields each once nothing of it is in flight; it is then handed over. */
  release(partitions: ReadonlySet<number>): AsyncIterable<ReadonlySet<number>>
  /**
   * Called to stop sending for these partitions without waiting: the right to is lost, with the connection, or the log may
   * have lost events that were passed before.
   */
  revoked(partitions: ReadonlySet<number>): void
}

/** The oldest event with a pending delivery, and the queue of that delivery. */
export interface OldestPending {
  readonly offset: number
  readonly queue: string
  /** In milliseconds since the epoch. */
  readonly acceptedAt: number
}

/** Pending deliveries of one queue, or of one instance. */
export interface PendingShare {
  readonly pending: number
  /** Offset of the oldest of their events. */
  readonly oldest: number
}

/** The pending deliveries of all nodes; those without any are missing. */
export interface PendingShares {
  readonly byQueue: ReadonlyMap<string, PendingShare>
  /** By key of instance. */
  readonly byInstance: ReadonlyMap<number, PendingShare>
}

/** Pending deliveries to SQS, by lane. */
export interface DeliveryStore {
  /** Number of pending deliveries from which on `LogStore.append` refuses events for SQS. */
  readonly maxPending: number

  /** The epoch of what is passed to watchers now; `undefined` if the log cannot lose events while it is open. */
  readonly epoch: string | undefined

  /** Number of pending deliveries, from memory. */
  pendingCount(): number

  /** Number of pending deliveries of an instance. */
  pendingOf(instanceKey: number): Promise<number>

  /** The deliveries of an event that SQS does not have at one moment, in any order. */
  unsent(event: Pick<DeliveryRef, 'instanceKey' | 'offset'>): Promise<UnsentDelivery[]>

  /** The oldest event with a pending delivery; `null` if none is pending. */
  oldestPending(): Promise<OldestPending | null>

  /** Counts pending deliveries. A network database reads all of them. */
  shares(): Promise<PendingShares>

  /**
   * Shares pending deliveries among the processes that send: each partition belongs to one of them until it is released or
   * revoked. Returns how to stop: all partitions are then released, and other processes take them.
   * @throws {BackpressureError} the database cannot be reached
   */
  watch(watcher: LaneWatcher): Promise<() => Promise<void>>

  /** True if this process may send for an instance now. To be checked before each call of SQS: a process can be suspended. */
  maySend(instanceKey: number): boolean

  /** Pending events of a lane by ascending offset; at least one if there is any. */
  readLane(lane: LaneKey, options: { after: number; limit: number; maxBytes: number }): Promise<StoredEvent[]>

  /**
   * Removes deliveries that SQS accepted, except those that the log has lost since they were read. Idempotent. May be
   * written a little later, at the latest by `close`.
   */
  acknowledge(deliveries: readonly DeliveryRef[]): Promise<void>

  /** Turns a pending delivery into a dead letter, atomically; does nothing if it is not pending, or if the log has lost it. */
  bury(delivery: DeliveryRef, failure: DeliveryFailure): Promise<void>
}
