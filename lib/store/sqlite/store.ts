import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { BackpressureError, ClosingError } from '../../errors.ts'
import { CommitQueue, type CommitQueueOptions } from '../commit-queue.ts'
import type { MemoryDirectory } from '../../instances/memory-directory.ts'
import { isDamage, openDatabase, refusedWrite, unusable } from './database.ts'
import { SqliteDamage, type OnDamage } from './damage.ts'
import { SqliteInstances } from './instances.ts'
import { SqlitePruner } from './pruner.ts'
import { SqliteQueues } from './queues.ts'
import { SqliteReads } from './reads.ts'
import { prepareStatements, type Statements } from './statements.ts'
import type { LogStore, AppendResult, LogRange, LogSubscriber, PruneOptions, ReadOptions } from '../log-store.ts'
import type { DeadLetter, DeadLetterPage, DeadLetterStore } from '../dead-letter-store.ts'
import type { DeliveryStore, DeliveryRef, Failure, LaneKey, LaneWatcher } from '../delivery-store.ts'
import type { EventStore } from '../event-store.ts'
import type { Instance } from '../../instances/instance.ts'
import type { NewEvent, StoredEvent } from '../../events/event.ts'

export interface SqliteStoreOptions {
  /** File path, or `:memory:`. */
  path: string
  /** Pending deliveries beyond which `append` is refused. @default 1_000_000 */
  maxPendingDeliveries?: number
  /** Told of each commit. */
  onCommit?: CommitQueueOptions['measured'] | undefined
  /** Told of damage in the file, as it is met. */
  onDamage?: OnDamage | undefined
}

/** What one append gathers inside its transaction, to make it known after the commit. */
interface Appending {
  acceptedAt: number
  stored: StoredEvent[]
  registered: Instance[]
}

/**
 * The embedded `EventStore`: one SQLite file, one process, everything of a turn in one transaction. As long as its
 * interface is wide: what each method does is in the files beside it, here it gets its place in the transaction.
 */
export class SqliteStore implements EventStore {
  readonly instances: MemoryDirectory
  readonly log: LogStore
  readonly deliveries: DeliveryStore
  readonly deadLetters: DeadLetterStore
  readonly #path: string
  readonly #inode: number | undefined
  readonly #db: DatabaseSync
  readonly #sql: Statements
  readonly #commits: CommitQueue
  readonly #maxPending: number
  readonly #table: SqliteInstances
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>()
  readonly #watchers = new Set<LaneWatcher>()
  readonly #queues: SqliteQueues
  readonly #pruner: SqlitePruner
  readonly #damage: SqliteDamage
  readonly #reads: SqliteReads
  #fresh: StoredEvent[] = []
  #pending: number
  /** Deliveries of appends that wait for their commit. */
  #reserved = 0
  #closed = false

  constructor({ path, maxPendingDeliveries = 1_000_000, onCommit, onDamage }: SqliteStoreOptions) {
    this.#path = path
    this.#db = openDatabase(path)
    this.#inode = this.#inodeNow()
    this.#maxPending = maxPendingDeliveries
    this.#damage = new SqliteDamage(path, onDamage)
    this.#commits = new CommitQueue({
      transaction: (work) => this.#transaction(work),
      // Our own errors are thrown before anything is written.
      isFatal: (error) => !(error as { code?: string }).code?.startsWith('IEV_'),
      translate: refusedWrite,
      ...(onCommit && { measured: onCommit }),
      flushed: () => this.#publish()
    })
    try {
      this.#damage.lookOver(this.#db)
      this.#sql = prepareStatements(this.#db)
      this.#queues = new SqliteQueues(this.#sql)
      this.#pruner = new SqlitePruner(this.#sql)
      this.#table = new SqliteInstances(this.#db, this.#commits)
      this.instances = this.#table.directory
      this.#pending = this.#sql.countDeliveries.get()?.n as number
    } catch (error) {
      this.#db.close()
      throw unusable(path, error)
    }
    this.#reads = new SqliteReads({
      sql: this.#sql,
      queues: this.#queues,
      damage: this.#damage,
      nameOf: (instanceKey) => this.instances.list().find(({ key }) => key === instanceKey)?.name,
      bury: (delivery, failure) => this.#bury(delivery, failure)
    })
    this.log = {
      append: (events) => this.#append(events),
      tail: (subscriber) => this.#tail(subscriber),
      read: (options) => this.#read(options),
      range: () => this.#range(),
      prune: (options) => this.#prune(options),
      damagedEvents: () => this.#damagedEvents()
    }
    this.deliveries = {
      maxPending: maxPendingDeliveries,
      pendingCount: () => this.#pendingCount(),
      oldestPending: () => this.#oldestPending(),
      watch: (watcher) => this.#watchLanes(watcher),
      maySend: () => this.#maySend(),
      readLane: (lane, options) => this.#readLane(lane, options),
      acknowledge: (deliveries) => this.#acknowledge(deliveries),
      bury: (delivery, failure) => this.#bury(delivery, failure)
    }
    this.deadLetters = {
      read: (page) => this.#readDeadLetters(page),
      count: () => this.#deadLetterCount(),
      redrive: (page) => this.#redrive(page),
      discard: (page) => this.#discard(page)
    }
  }

  #append(events: readonly NewEvent[]): Promise<AppendResult[]> {
    const deliveries = events.reduce((sum, event) => sum + event.queues.length, 0)
    if (deliveries > 0 && this.#pending + this.#reserved + deliveries > this.#maxPending) {
      const full = `${this.#pending} deliveries to SQS are pending, the limit is ${this.#maxPending}`
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

  #subscribe(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #tail(subscriber: LogSubscriber): () => void {
    subscriber.advanced([], this.#reads.last())
    return this.#subscribe((events) => subscriber.advanced(events, events.at(-1)?.offset as number))
  }

  /** One process sends everything, and learns of it as it is committed. */
  async #watchLanes(watcher: LaneWatcher): Promise<() => Promise<void>> {
    const unsubscribe = this.#subscribe((events) => watcher.appended(events))
    this.#watchers.add(watcher)
    watcher.pending(await this.#pendingLanes())
    return async () => {
      unsubscribe()
      this.#watchers.delete(watcher)
    }
  }

  #maySend(): boolean {
    return true
  }

  status(): undefined {}

  async #read(options: ReadOptions): Promise<StoredEvent[]> {
    this.#assertOpen()
    return this.#reads.events(options)
  }

  async #range(): Promise<LogRange> {
    this.#assertOpen()
    return this.#ask(() => this.#reads.range())
  }

  async #pendingLanes(): Promise<LaneKey[]> {
    this.#assertOpen()
    const rows = this.#ask(() => this.#sql.lanes.all())
    return rows.map((row) => ({
      queue: this.#queues.name(row.queue_key as number),
      instanceKey: row.instance_key as number
    }))
  }

  async #readLane(lane: LaneKey, options: { after: number; limit: number; maxBytes: number }): Promise<StoredEvent[]> {
    this.#assertOpen()
    return this.#reads.lane(lane, options)
  }

  async #oldestPending(): Promise<number | null> {
    this.#assertOpen()
    return this.#ask(() => (this.#sql.oldestPending.get()?.accepted_at as number | undefined) ?? null)
  }

  #pendingCount(): number {
    return this.#pending
  }

  #acknowledge(deliveries: readonly DeliveryRef[]): Promise<void> {
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

  #bury(delivery: DeliveryRef, { reason, message, attempts }: Failure): Promise<void> {
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

  async #readDeadLetters(page: DeadLetterPage): Promise<DeadLetter[]> {
    this.#assertOpen()
    return this.#ask(() => this.#reads.deadLetters(page))
  }

  async #deadLetterCount(): Promise<{ count: number; lastId: number }> {
    this.#assertOpen()
    const row = this.#ask(() => this.#sql.countDeadLetters.get())
    const { count, last_id: lastId } = row as { count: number; last_id: number | null }
    return { count, lastId: lastId ?? 0 }
  }

  #redrive(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#commits.add({
      run: () => {
        const letters = this.#reads.deadLetters(page)
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

  #discard(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#commits.add({
      run: () => {
        const letters = this.#reads.deadLetters(page)
        for (const { id } of letters) this.#sql.deleteDeadLetter.run(id)
        return letters
      }
    })
  }

  #prune(options: PruneOptions): Promise<{ removed: number; more: boolean }> {
    return this.#commits.add({ run: () => this.#pruner.step(options) })
  }

  #damagedEvents(): number {
    return this.#damage.events
  }

  async check(): Promise<void> {
    await this.#commits.add({ run: () => this.#sql.writeCheck.run() })
    if (this.#damage.error) throw this.#damage.error
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
      if (isDamage(error)) this.#damage.met(error)
      throw error
    }
  }

  /** @throws {StoreDamagedError} it cannot be read */
  #ask<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      this.#damage.met(error)
      throw this.#damage.error
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
