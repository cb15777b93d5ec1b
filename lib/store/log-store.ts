import type { NewEvent, StoredEvent } from '../events/event.ts'

export interface AppendResult {
  readonly id: string
  readonly offset: number
  /** The instance had an event of this id already: `offset` is that one's, nothing was written. */
  readonly duplicate: boolean
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
  /** The first offset that the log holds; `head + 1` when all was pruned, 0 while it never held an event. */
  first: number
  /** The highest offset so far; 0 while there is none. */
  head: number
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
  advanced(events: readonly StoredEvent[], position: number): void
}

/** The log itself: every accepted event, in the order of acceptance. */
export interface LogStore {
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
   * Follows the log from its head on, wherever events are appended. Calls `advanced` at once, without events, to say where
   * that is. Returns how to stop it.
   */
  tail(subscriber: LogSubscriber): () => void

  /** Events by offset, ascending unless asked otherwise; `queues` of what is read is empty. Empty when there is nothing after `after`. */
  read(options: ReadOptions): Promise<StoredEvent[]>

  /** What the log holds. */
  range(): Promise<LogRange>

  /**
   * Removes old events that nothing needs: never one with a pending delivery or a dead letter.
   * Looks at a few hundred at a time; call again while there is `more`.
   */
  prune(options: PruneOptions): Promise<{ removed: number; more: boolean }>

  /** Events that were found to be damaged where they are stored, and are left out of what is read. */
  damagedEvents(): number
}
