import type { NewEvent, StoredEvent } from '../events/event.ts'

/** The place of an appended event in the log. */
export interface AppendResult {
  readonly id: string
  readonly offset: number
  /** True if the instance already had an event with this id: nothing was written, and `offset` is that event's. */
  readonly duplicate: boolean
}

/** The events to read: those that fit every member given. */
export interface ReadOptions {
  /** Only events of this instance. */
  instanceKey?: number
  /** Only events of these names. */
  events?: readonly string[]
  /** Only events of instances of these names. */
  instances?: readonly string[]
  /** Only offsets above this one. */
  after: number
  /** Only offsets up to this one; limits how far the store searches for rare events. @default all */
  upTo?: number
  /** By descending offset instead of ascending. @default false */
  newestFirst?: boolean
  /** Largest number of events. */
  limit: number
  /** Characters after which no further event is read; at least one event is. @default unlimited */
  maxBytes?: number
}

/** What one page is to have: events after an offset that fit every member given. */
export type PageRequest = Pick<ReadOptions, 'instanceKey' | 'events' | 'instances' | 'after'>

/** How large a page may become. */
export type PageLimits = Required<Pick<ReadOptions, 'limit' | 'maxBytes'>>

/** The limits of each of several pages, and the last offset of all. */
export type ReadPagesOptions = Required<Pick<ReadOptions, 'upTo' | 'limit' | 'maxBytes'>>

/** Events of a stretch of the log, ascending. */
export interface LogPage {
  events: StoredEvent[]
  /** The end of the stretch: the page has all events up to it. Pages of rare events end early, often without any event. */
  reached: number
  /** As in `LogRange`, of the requested instance or of all: a page after a lower offset may miss events. */
  prunedTo: number
}

/** The extent of a log. */
export interface LogRange {
  /**
   * Identifies the log and its epoch. Whenever the log may have lost its end (a restored backup, a lagging standby) it
   * continues in a new epoch, so that offsets of lost events are recognised.
   */
  id: string
  /** Lowest offset that the log holds; `head + 1` when all events were pruned, 0 before the first event. */
  first: number
  /** End of the log: the highest offset so far, 0 before the first event. */
  head: number
  /** Highest offset of an event that was pruned, 0 if none: the log holds every event after it. */
  prunedTo: number
}

/** What this log and one that a client has read have in common. */
export interface CommonHistory {
  /** As in `LogRange`. */
  id: string
  /** The last offset at which both have the same event; 0 if there is none, or if that is not known. */
  upTo: number
}

/** As `CommonHistory`, of a log that a client names. */
export interface Comparison extends CommonHistory {
  /** False: this log has never had that id, or has forgotten it. */
  isKnown: boolean
}

/** The number of events of one instance in one interval of time. */
export interface EventSum {
  readonly instanceKey: number
  readonly instance: string
  /** Number of events. */
  readonly count: number
  /** Name and offset of the last of them, and the time of its acceptance in milliseconds since the epoch. */
  readonly event: string
  readonly offset: number
  readonly acceptedAt: number
}

/** The stretch of the log that `sums` counts: the offsets above `after`, up to `upTo`. */
export interface SumsOptions {
  after: number
  upTo: number
  /** Length of an interval in milliseconds. */
  partMs: number
}

/** Events that may be removed. */
export interface PruneOptions {
  /** Events accepted before this time, in milliseconds since the epoch. */
  acceptedBefore: number
  /**
   * While the log takes more than this many bytes, the oldest events of the instance that holds most of them, down to
   * what the second holds, then of both in turns, and so on.
   */
  maxBytes: number
}

/** Follows the log. Its methods must not throw. */
export interface LogSubscriber {
  /**
   * The events to pass to `advanced`: all, or at least those of these instances. Called before each read of the log; events
   * of instances that were added during a read are read as well before `advanced` is called.
   */
  interest(): { all: boolean; instanceKeys: Iterable<number> }
  /** Called with new events in offset order, each once, or with none, and the offset up to which the log was read. */
  advanced(events: readonly StoredEvent[], position: number): void
  /**
   * Called at once with the current epoch of the log, and before events of a new one are passed. Events above `upTo` that
   * were passed before are lost: what has their offsets now follows.
   */
  entered(epoch: CommonHistory): void
  /** Called after events were erased: what was read before may have their data and must not be used. */
  erased?(): void
}

/** An event that was erased, and what is left of its deliveries. */
export interface ErasedEvent {
  readonly offset: number
  /** Number of its deliveries that are pending: they are sent without data. */
  readonly pending: number
  /** Number of its dead letters. */
  readonly deadLetters: number
}

/** Every accepted event, in the order of acceptance. */
export interface LogStore {
  /**
   * Appends events and their pending deliveries, all or none, in one transaction with the other appends of this turn of the
   * event loop. Resolves when they are durable. Offsets grow in the order of calls. Idempotent by instance and id.
   * @param replan Makes the events anew. Called when another node has changed one of their instances and this node did not
   * know yet: the directory is brought up to date first, and the events as first planned are not written. If it throws,
   * the append rejects.
   * @throws {BackpressureError} the backlog is full, or the store cannot be written now
   */
  append(events: readonly NewEvent[], replan?: () => readonly NewEvent[]): Promise<AppendResult[]>

  /**
   * Follows the log from its head on, whichever node appends. Calls `entered` and `advanced` at once, the latter without
   * events, with the head. Returns how to stop it.
   */
  tail(subscriber: LogSubscriber): () => void

  /** Events by offset, ascending unless asked otherwise; `queues` of each is empty. */
  read(options: ReadOptions): Promise<StoredEvent[]>

  /**
   * Reads pages for several readers at once, in the order of the requests. Each is bounded in time as well: it ends early where
   * few events fit.
   */
  readPages(requests: readonly PageRequest[], options: ReadPagesOptions): Promise<LogPage[]>

  /**
   * Events of an instance by their ids, in any order; those that it does not have are left out. Without an instance, events of
   * all, but none where the store has no index for that.
   */
  withIds(instanceKey: number | undefined, ids: readonly string[]): Promise<StoredEvent[]>

  /**
   * Keys of the instances of a name that have events in the log, also of removed ones, in any order. Reads an event of each
   * instance that the log has, in steps between which other work comes.
   */
  instanceKeysOf(name: string): Promise<number[]>

  /**
   * The offset of the last event that was accepted before a time, in milliseconds since the epoch: as `lastBefore` finds it. Reads
   * a few events.
   */
  lastBefore(time: number): Promise<number>

  /**
   * Replaces events of one instance by what `erased` leaves of them, atomically, in storage and in all that reads it: pending
   * deliveries are read again before they are sent. Idempotent: events that are gone, or erased already, are left out
   * of the result.
   */
  erase(events: readonly StoredEvent[]): Promise<ErasedEvent[]>

  /** Counts the events of a stretch by instance and interval, in any order. Reads each event of the stretch, without its data. */
  sums(options: SumsOptions): Promise<EventSum[]>

  /** Acceptance times of events by offset, in milliseconds since the epoch. Events that are gone are left out. */
  acceptedAt(offsets: readonly number[]): Promise<ReadonlyMap<number, number>>

  /** The extent of the log; with an instance, `prunedTo` is that of its events. */
  range(instanceKey?: number): Promise<LogRange>

  /** Compares this log with the one that had this id. */
  commonWith(id: string): Promise<Comparison>

  /**
   * Removes old events that have neither a pending delivery nor a dead letter. Looks at a few hundred events a call: call
   * it again while there is `more`.
   */
  prune(options: PruneOptions): Promise<{ removed: number; more: boolean }>

  /**
   * Bytes of the log that events of an instance take, more or less. On PostgreSQL 0 at the first call for an instance, later
   * as of a few seconds ago, apart from what this node has appended since.
   */
  retainedBytes(instanceKey: number): number

  /** Number of events that were found damaged in storage; reads leave them out. */
  damagedEvents(): number
}
