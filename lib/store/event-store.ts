import type { InstanceDirectory } from '../instances/directory.ts'

/** A way by which events leave. */
export type TransportName = 'sqs' | 'websocket'

/** Which events of an instance take one transport. `events` are event keys. */
export interface Selection {
  readonly id: string
  readonly enabled: boolean
  readonly events: readonly string[]
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface Instance {
  /** Internal number: never reused, so that a name given again does not inherit the log of its predecessor. */
  readonly key: number
  /** UUID. */
  readonly id: string
  readonly name: string
  /** SHA-256 of the token; `null` for an instance registered without one. */
  readonly tokenHash: Buffer | null
  /** What kind of connection the hub said it is, such as `WHATSAPP-BAILEYS`. */
  readonly integration: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly selections: { readonly [T in TransportName]?: Selection }
}

/** Bits of `StoredEvent.flags`. The id came from the caller: only unique within the instance. */
export const CALLER_ID = 4
/** Only in memory: `data` is the reference of an object in S3. */
export const IN_S3 = 8
/** Whoever handed it in kept it to other transports: no socket gets it, now or when the log is replayed. */
export const OFF_SOCKETS = 16

/** An event ready for the log: everything but its offset. */
export interface NewEvent {
  /** Instance name; registered in the same transaction if unknown. */
  readonly instance: string
  readonly id: string
  /** Name on the wire. */
  readonly event: string
  /** `data` as JSON text. */
  readonly data: string
  /** The members after `data` (`server_url` to `id`) as JSON text without braces. */
  readonly envelope: string
  /** Further top-level members as JSON text without braces; empty if there are none. */
  readonly extra: string
  readonly flags: number
  /** Names of the queues it is to be delivered to. */
  readonly queues: readonly string[]
}

export interface StoredEvent extends NewEvent {
  readonly offset: number
  readonly instanceKey: number
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
}

export interface AppendResult {
  readonly id: string
  readonly offset: number
  /** The instance had an event of this id already: `offset` is that one's, nothing was written. */
  readonly duplicate: boolean
}

/** One instance's pending events of one queue: SQS accepts them in offset order. */
export interface Lane {
  readonly queue: string
  readonly instanceKey: number
}

export interface DeliveryRef extends Lane {
  readonly offset: number
}

export interface DeadLetter extends DeliveryRef {
  readonly id: number
  readonly instance: string
  readonly event: string
  readonly eventId: string
  /** A code of ours or of AWS. */
  readonly reason: string
  readonly message: string
  readonly attempts: number
  readonly diedAt: Date
}

export interface Failure {
  readonly reason: string
  readonly message: string
  readonly attempts: number
}

/** Which dead letters: those that fit every member given. */
export interface DeadLetterFilter {
  readonly ids?: readonly number[]
  readonly instance?: string
  readonly queue?: string
  readonly reason?: string
}

export interface DeadLetterPage extends DeadLetterFilter {
  /** Only ids above this one. */
  readonly after: number
  /** Only ids up to this one. @default all */
  readonly upTo?: number
  readonly limit: number
}

export interface ReadOptions {
  /** Only events of this instance. */
  instanceKey?: number
  /** Only events of these names. */
  events?: readonly string[]
  /** Only events of instances of these names. */
  instances?: readonly string[]
  /** Only offsets above this one. */
  after: number
  /** Only offsets up to this one: bounds what a filter that nothing passes makes the store look at. @default all */
  upTo?: number
  /** By descending offset: the newest of what fits come first. @default false */
  newestFirst?: boolean
  limit: number
  /** Stop after the event that reaches this many characters of data. @default unlimited */
  maxBytes?: number
}

export interface LogRange {
  /** Of this log: another one where it was begun anew, so that an old offset is not taken for one of its own. */
  id: string
  /** The first offset that the log holds; `last + 1` when all was pruned, 0 while it never held an event. */
  first: number
  /** The highest offset so far; 0 while there is none. */
  last: number
  /** The highest offset that was pruned, 0 if none: what came after it is all there. */
  prunedTo: number
}

export interface PruneOptions {
  /** Events accepted before this time (milliseconds since the epoch) may go. */
  acceptedBefore: number
  /** The oldest events may go while the log takes more than this many bytes. */
  maxBytes: number
}

/** Who follows the log. Its methods must not throw. */
export interface LogSubscriber {
  /**
   * Which events it wants with their bodies: all, or those of these instances; it may be told of others too. Asked before
   * each read; what it has come to want meanwhile is read before it is told that the log has gone on.
   */
  interest(): { all: boolean; instanceKeys: Iterable<number> }
  /** Events in offset order, each once, and the offset up to which the log has been looked at. May have no events. */
  advanced(events: readonly StoredEvent[], head: number): void
}

/** Who sends what is pending. Its methods must not throw. */
export interface LaneWatcher {
  /** Lanes that have something pending and are this process's to send: all there are at first, then as they come. May repeat. */
  pending(lanes: readonly Lane[]): void
  /**
   * New events of lanes that are this process's to send, in offset order: nothing of their lanes lies between them and
   * what was told before, so that they need not be read. What comes in another way is told by `pending`.
   */
  appended(events: readonly StoredEvent[]): void
  /** Lanes in which something is pending again, older than what was told: to be read from their beginning. */
  redriven(lanes: readonly Lane[]): void
  /** Stop sending for these partitions, and tell of each once nothing of it is under way; it is handed over then. */
  release(partitions: ReadonlySet<number>): AsyncIterable<ReadonlySet<number>>
  /** The right to send is lost at once (connection gone): stop without waiting. */
  revoked(partitions: ReadonlySet<number>): void
}

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
 * The durable, ordered store of accepted events and of all that must survive with them.
 * Asynchronous throughout, so that a network database fits. One conformance suite runs on every backend.
 */
export interface EventStore {
  /** Instances and their selections: held in memory, written through. */
  readonly instances: InstanceDirectory

  /** Pending deliveries beyond which `append` is refused. */
  readonly maxPending: number

  /**
   * Appends events and their pending deliveries: all of them or none, in one transaction with whatever else
   * waits in this turn of the event loop. Resolved means durable. Offsets grow in the order of calls.
   * Idempotent by (instance, id).
   * @param replan makes the events anew. Called once the directory has caught up, if one of their instances was changed by
   * another node and this one did not know yet: what was planned before is not written. May throw, which rejects.
   * @throws {BackpressureError} the backlog is full, or the disk refused
   */
  append(events: readonly NewEvent[], replan?: () => readonly NewEvent[]): Promise<AppendResult[]>

  /**
   * Calls `listener` with each commit's new events, in offset order, before their `append` resolves. Those of this process
   * alone: `tail` has all.
   */
  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void

  /**
   * Follows the log from its head on, wherever events are appended. Calls `advanced` at once, without events, to say where
   * that is. Returns how to stop it.
   */
  tail(subscriber: LogSubscriber): () => void

  /**
   * Shares what is pending among the processes that send: each partition is one's at a time, until it is released or
   * revoked. Returns how to stop it: then everything is released, and others take it.
   * @throws {BackpressureError} the database cannot be reached
   */
  watchLanes(watcher: LaneWatcher): Promise<() => Promise<void>>

  /** Whether this process may send for the instance now: to be asked before each call, since a process can be held up. */
  maySend(instanceKey: number): boolean

  /** How this node stands; `undefined` where there is but one. */
  status(): NodeStatus | undefined

  /** Events by offset, ascending unless asked otherwise; `queues` of what is read is empty. Empty when there is nothing after `after`. */
  read(options: ReadOptions): Promise<StoredEvent[]>

  /** What the log holds. */
  range(): Promise<LogRange>

  /** Every (queue, instance) with something pending, in no order. */
  pendingLanes(): Promise<Lane[]>

  /** Pending events of one lane by ascending offset. */
  readLane(lane: Lane, options: { after: number; limit: number; maxBytes: number }): Promise<StoredEvent[]>

  /** When the oldest event with a pending delivery was accepted (milliseconds since the epoch); `null`: none is pending. */
  oldestPending(): Promise<number | null>

  /** How many deliveries are pending, in all. Held in memory. */
  pendingCount(): number

  /** Forgets deliveries that SQS accepted. Idempotent; may be written a little later, at the latest by `close`. */
  acknowledge(deliveries: readonly DeliveryRef[]): Promise<void>

  /** Turns a pending delivery into a dead letter, atomically; does nothing if it is not pending. */
  bury(delivery: DeliveryRef, failure: Failure): Promise<void>

  /** Dead letters by ascending id. */
  readDeadLetters(page: DeadLetterPage): Promise<DeadLetter[]>

  /** How many dead letters there are, and the highest id so far (0: none yet). */
  deadLetterCount(): Promise<{ count: number; lastId: number }>

  /** Makes a page of dead letters pending deliveries again, atomically. @returns those it took */
  redrive(page: DeadLetterPage): Promise<DeadLetter[]>

  /** Forgets a page of dead letters, atomically: their events are not sent. @returns those it took */
  discard(page: DeadLetterPage): Promise<DeadLetter[]>

  /**
   * Removes old events that nothing needs: never one with a pending delivery or a dead letter.
   * Looks at a few hundred at a time; call again while there is `more`.
   */
  prune(options: PruneOptions): Promise<{ removed: number; more: boolean }>

  /** Events that were found to be damaged where they are stored, and are left out of what is read. */
  damagedEvents(): number

  /** Writes as an append does, to the disk. Rejects when the store cannot be written, or what it locks is not its own. */
  check(): Promise<void>

  /** Writes what waits, then releases everything. Idempotent. Later calls reject with `ClosingError`. */
  close(): Promise<void>
}
