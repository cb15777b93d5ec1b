import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { BackpressureError, ClosingError } from '../errors.ts'
import { eventSize } from '../messages.ts'
import { CommitQueue, type CommitQueueOptions } from './commit-queue.ts'
import type { MemoryDirectory } from './instances.ts'
import { SEGMENT_BITS } from './migrations/sqlite.ts'
import { openDatabase, refusedWrite } from './sqlite-database.ts'
import { type Row, toDeadLetter, toEvent } from './rows.ts'
import { SqliteInstances } from './sqlite-instances.ts'
import { SqlitePruner } from './sqlite-pruner.ts'
import { SqliteQueues } from './sqlite-queues.ts'
import { prepareStatements, type Statements } from './sqlite-statements.ts'
import type {
  AppendResult,
  DeadLetter,
  DeadLetterPage,
  DeliveryRef,
  EventStore,
  Failure,
  Instance,
  Lane,
  LaneWatcher,
  LogRange,
  LogSubscriber,
  NewEvent,
  PruneOptions,
  ReadOptions,
  StoredEvent
} from './types.ts'

export interface SqliteStoreOptions {
  /** File path, or `:memory:`. */
  path: string
  /** Pending deliveries beyond which `append` is refused. @default 1_000_000 */
  maxPendingDeliveries?: number
  /** Told of each commit. */
  onCommit?: CommitQueueOptions['measured'] | undefined
}

/** What one append gathers inside its transaction, to make it known after the commit. */
interface Appending {
  acceptedAt: number
  stored: StoredEvent[]
  registered: Instance[]
}

/** A read of one instance, as its statement takes it. */
interface InstanceRead extends Record<string, string | number | null> {
  instanceKey: number
  after: number
  upTo: number
}

/**
 * The embedded `EventStore`: one SQLite file, one process, everything of a turn in one transaction. As long as its
 * interface is wide: what each method does is in the files beside it, here it gets its place in the transaction.
 */
export class SqliteStore implements EventStore {
  readonly instances: MemoryDirectory
  readonly #path: string
  readonly #inode: number | undefined
  readonly #db: DatabaseSync
  readonly #sql: Statements
  readonly #commits: CommitQueue
  readonly #table: SqliteInstances
  readonly maxPending: number
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>()
  readonly #watchers = new Set<LaneWatcher>()
  readonly #queues: SqliteQueues
  readonly #pruner: SqlitePruner
  #fresh: StoredEvent[] = []
  #pending: number
  /** Deliveries of appends that wait for their commit. */
  #reserved = 0
  #closed = false

  constructor({ path, maxPendingDeliveries = 1_000_000, onCommit }: SqliteStoreOptions) {
    this.#path = path
    this.#db = openDatabase(path)
    this.#inode = this.#inodeNow()
    this.#sql = prepareStatements(this.#db)
    this.#queues = new SqliteQueues(this.#sql)
    this.#pruner = new SqlitePruner(this.#sql)
    this.maxPending = maxPendingDeliveries
    this.#commits = new CommitQueue({
      transaction: (work) => this.#transaction(work),
      // Our own errors are thrown before anything is written.
      isFatal: (error) => !(error as { code?: string }).code?.startsWith('IEV_'),
      translate: refusedWrite,
      ...(onCommit && { measured: onCommit }),
      flushed: () => this.#publish()
    })
    this.#table = new SqliteInstances(this.#db, this.#commits)
    this.instances = this.#table.directory
    this.#pending = this.#sql.countDeliveries.get()?.n as number
  }

  append(events: readonly NewEvent[]): Promise<AppendResult[]> {
    const deliveries = events.reduce((sum, event) => sum + event.queues.length, 0)
    if (deliveries > 0 && this.#pending + this.#reserved + deliveries > this.maxPending) {
      const full = `${this.#pending} deliveries to SQS are pending, the limit is ${this.maxPending}`
      return Promise.reject(new BackpressureError(full))
    }
    this.#reserved += deliveries
    const stored: StoredEvent[] = []
    const registered: Instance[] = []
    const done = this.#commits.add({
      run: () => {
        const acceptedAt = Date.now()
        stored.length = 0
        registered.length = 0
        return events.map((event) => this.#insert(event, { acceptedAt, stored, registered }))
      },
      committed: () => {
        this.#reserved -= deliveries
        for (const instance of registered) this.instances.put(instance)
        for (const event of stored) {
          this.#pending += event.queues.length
          this.#fresh.push(event)
        }
      }
    })
    done.catch(() => {
      this.#reserved -= deliveries
    })
    return done
  }

  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tail(subscriber: LogSubscriber): () => void {
    subscriber.advanced([], this.#last())
    return this.subscribe((events) => subscriber.advanced(events, events.at(-1)?.offset as number))
  }

  /** One process sends everything, and learns of it as it is committed. */
  async watchLanes(watcher: LaneWatcher): Promise<() => Promise<void>> {
    const unsubscribe = this.subscribe((events) => watcher.appended(events))
    this.#watchers.add(watcher)
    watcher.pending(await this.pendingLanes())
    return async () => {
      unsubscribe()
      this.#watchers.delete(watcher)
    }
  }

  maySend(): boolean {
    return true
  }

  status(): undefined {}

  async read(options: ReadOptions): Promise<StoredEvent[]> {
    this.#assertOpen()
    const { instanceKey, events, instances, after, upTo, newestFirst = false, limit, maxBytes = Infinity } = options
    const narrowed = {
      events: events ? JSON.stringify(events) : null,
      instances: instances ? JSON.stringify(instances) : null,
      after,
      upTo: upTo ?? Number.MAX_SAFE_INTEGER,
      limit
    }
    const rows =
      instanceKey === undefined
        ? this.#sql.read[newestFirst ? 'newestFirst' : 'oldestFirst'].all.iterate(narrowed)
        : this.#instanceRows({ instanceKey, ...narrowed }, newestFirst)
    return takeEvents(rows, { limit, maxBytes })
  }

  async range(): Promise<LogRange> {
    this.#assertOpen()
    const last = this.#last()
    const first = this.#sql.firstOffset.get()?.first as number | null
    const { id, pruned_to: prunedTo } = this.#sql.log.get() as { id: string; pruned_to: number }
    return { id, first: first ?? (last === 0 ? 0 : last + 1), last, prunedTo }
  }

  async pendingLanes(): Promise<Lane[]> {
    this.#assertOpen()
    return this.#sql.lanes.all().map((row) => ({
      queue: this.#queues.name(row.queue_key as number),
      instanceKey: row.instance_key as number
    }))
  }

  async readLane(
    lane: Lane,
    { after, limit, maxBytes }: { after: number; limit: number; maxBytes: number }
  ): Promise<StoredEvent[]> {
    this.#assertOpen()
    const queueKey = this.#queues.find(lane.queue)
    if (queueKey === undefined) return []
    return takeEvents(this.#sql.readLane.iterate(queueKey, lane.instanceKey, after, limit), { limit, maxBytes })
  }

  async oldestPending(): Promise<number | null> {
    this.#assertOpen()
    return (this.#sql.oldestPending.get()?.accepted_at as number | undefined) ?? null
  }

  pendingCount(): number {
    return this.#pending
  }

  acknowledge(deliveries: readonly DeliveryRef[]): Promise<void> {
    return this.#commits.add(
      {
        run: () => deliveries.reduce((sum, delivery) => sum + this.#removeDelivery(delivery), 0),
        committed: (removed) => {
          this.#pending -= removed
        }
      },
      { lazy: true }
    ) as Promise<unknown> as Promise<void>
  }

  bury(delivery: DeliveryRef, { reason, message, attempts }: Failure): Promise<void> {
    return this.#commits.add({
      run: () => {
        const removed = this.#removeDelivery(delivery)
        if (removed > 0) {
          const queueKey = this.#queues.key(delivery.queue)
          this.#sql.insertDeadLetter.run(
            queueKey,
            delivery.instanceKey,
            delivery.offset,
            reason,
            message,
            attempts,
            Date.now()
          )
        }
        return removed
      },
      committed: (removed) => {
        this.#pending -= removed
      }
    }) as Promise<unknown> as Promise<void>
  }

  async readDeadLetters(page: DeadLetterPage): Promise<DeadLetter[]> {
    this.#assertOpen()
    return this.#deadLetters(page)
  }

  async deadLetterCount(): Promise<{ count: number; lastId: number }> {
    this.#assertOpen()
    const { count, last_id: lastId } = this.#sql.countDeadLetters.get() as { count: number; last_id: number | null }
    return { count, lastId: lastId ?? 0 }
  }

  redrive(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#commits.add({
      run: () => {
        const letters = this.#deadLetters(page)
        for (const { id, queue, instanceKey, offset } of letters) {
          this.#sql.insertDelivery.run(this.#queues.key(queue), instanceKey, offset)
          this.#sql.deleteDeadLetter.run(id)
        }
        return letters
      },
      committed: (letters) => {
        this.#pending += letters.length
        for (const watcher of this.#watchers) watcher.redriven(letters)
      }
    })
  }

  discard(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#commits.add({
      run: () => {
        const letters = this.#deadLetters(page)
        for (const { id } of letters) this.#sql.deleteDeadLetter.run(id)
        return letters
      }
    })
  }

  prune(options: PruneOptions): Promise<{ removed: number; more: boolean }> {
    return this.#commits.add({ run: () => this.#pruner.step(options) })
  }

  async check(): Promise<void> {
    await this.#commits.add({ run: () => this.#sql.writeCheck.run() })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#commits.close()
    this.#listeners.clear()
    this.#db.close()
  }

  #insert(event: NewEvent, { acceptedAt, stored, registered }: Appending): AppendResult {
    const instanceKey = this.#table.keyOf(event.instance, registered)
    const { id, instance, event: name, flags, envelope, extra, data } = event
    const inserted = this.#sql.insertEvent.run(
      instanceKey,
      id,
      instance,
      name,
      flags,
      acceptedAt,
      envelope,
      extra,
      data
    )
    if (inserted.changes === 0) {
      const first = this.#sql.findEvent.get(instanceKey, id)?.offset as number
      return { id, offset: first, duplicate: true }
    }
    const offset = Number(inserted.lastInsertRowid)
    for (const queue of event.queues) this.#sql.insertDelivery.run(this.#queues.key(queue), instanceKey, offset)
    stored.push({ ...event, offset, instanceKey, acceptedAt })
    return { id, offset, duplicate: false }
  }

  /** One segment of the log after the other, for as long as rows are taken. */
  *#instanceRows(narrowed: InstanceRead, newestFirst: boolean): Generator<Row> {
    const first = this.#sql.firstOffset.get()?.first as number | null
    if (first === null) return
    const start = segmentOf(Math.max(narrowed.after, first))
    const end = segmentOf(Math.min(narrowed.upTo, this.#last()))
    const read = this.#sql.read[newestFirst ? 'newestFirst' : 'oldestFirst'].segment
    for (let passed = 0; passed <= end - start; passed++) {
      yield* read.iterate({ segment: newestFirst ? end - passed : start + passed, ...narrowed })
    }
  }

  #last(): number {
    return (this.#sql.lastOffset.get()?.seq as number | undefined) ?? 0
  }

  #deadLetters({ after, upTo, limit, ids, instance, queue, reason }: DeadLetterPage): DeadLetter[] {
    const rows = this.#sql.readDeadLetters.all({
      after,
      upTo: upTo ?? Number.MAX_SAFE_INTEGER,
      limit,
      ids: ids ? JSON.stringify(ids) : null,
      instance: instance ?? null,
      queue: queue ?? null,
      reason: reason ?? null
    })
    return rows.map(toDeadLetter)
  }

  #removeDelivery({ queue, instanceKey, offset }: DeliveryRef): number {
    const queueKey = this.#queues.find(queue)
    return queueKey === undefined ? 0 : Number(this.#sql.deleteDelivery.run(queueKey, instanceKey, offset).changes)
  }

  #transaction(work: () => void): void {
    this.#table.begin()
    // A file that was deleted still takes writes, and nobody will ever find them.
    if (this.#inodeNow() !== this.#inode) throw new BackpressureError(`${this.#path} is not there any more: start anew`)
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      // SQLite rolls back by itself on some errors, a full disk among them.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#queues.reload()
      throw error
    }
  }

  #inodeNow(): number | undefined {
    return this.#path === ':memory:' ? undefined : statSync(this.#path, { throwIfNoEntry: false })?.ino
  }

  #publish(): void {
    const events = this.#fresh
    if (events.length === 0) return
    this.#fresh = []
    for (const listener of this.#listeners) listener(events)
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosingError()
  }
}

/** As many as are asked for; ends with the event that reaches `maxBytes`. */
export function takeEvents(
  rows: Iterable<Row>,
  { limit, maxBytes }: { limit: number; maxBytes: number }
): StoredEvent[] {
  const events: StoredEvent[] = []
  let bytes = 0
  for (const row of rows) {
    const event = toEvent(row)
    events.push(event)
    bytes += eventSize(event)
    if (events.length >= limit || bytes >= maxBytes) break
  }
  return events
}

/** The segment of the log that an offset lies in. */
function segmentOf(offset: number): number {
  return Math.floor(offset / 2 ** SEGMENT_BITS)
}
