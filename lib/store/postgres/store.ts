import { BackpressureError, ClosingError } from '../../errors.ts'
import type { CommitQueueOptions } from '../commit-queue.ts'
import type { InstanceDirectory } from '../../instances/directory.ts'
import { PostgresAppender, type Appended } from './append.ts'
import { PostgresBacklog } from './backlog.ts'
import { PostgresPool, refused } from './connection.ts'
import { PostgresDeliveries } from './deliveries.ts'
import { PostgresInstances } from './instances.ts'
import { COUNT_HOLDERS, PartitionLeases } from './partition-leases.ts'
import { LOCKS, lockSpace } from './locks.ts'
import { migrate } from './migrate.ts'
import { PostgresReads } from './reads.ts'
import { PostgresSession, type SessionTiming } from './session.ts'
import { PostgresTail } from './tail.ts'
import type { Row } from '../rows.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { LogStore, AppendResult, LogRange, LogSubscriber, PruneOptions, ReadOptions } from '../log-store.ts'
import type { DeadLetter, DeadLetterPage, DeadLetterStore } from '../dead-letter-store.ts'
import type { DeliveryStore, DeliveryRef, Failure, LaneKey, LaneWatcher } from '../delivery-store.ts'
import type { EventStore, NodeStatus } from '../event-store.ts'
import type { NewEvent, StoredEvent } from '../../events/event.ts'

export interface PostgresStoreOptions {
  /** `postgres://…` or `postgresql://…` */
  url: string
  /** @default 'instance_events' */
  schema?: string
  /** Pending deliveries beyond which `append` is refused, roughly: nodes learn of each other's every few seconds. @default 1_000_000 */
  maxPendingDeliveries?: number
  /** Told of each commit. */
  onCommit?: CommitQueueOptions['measured'] | undefined
  /** Told when PostgreSQL is lost (`error`), and when it is back. */
  onConnection?: ((error: Error | undefined) => void) | undefined
  /** How long an append is tried while PostgreSQL is away. @default 5_000 */
  retryMs?: number
  timing?: SessionTiming | undefined
}

/** How long each part of a check may take: longer than it waits for its lock. */
const CHECK_TIMEOUT_MS = 3_000
/** Events that one step of pruning looks at. */
const PRUNE_CHUNK = 500
/** The backlog is counted no more often than this, and rests many times as long as that takes. */
const COUNT_REST_MS = 500
const COUNT_REST = 50

/**
 * The `EventStore` of many nodes on one PostgreSQL. Any of them appends, each follows the log, and what is pending is
 * shared among those that send. As long as its interface is wide: what each method does is in the files beside it.
 */
export class PostgresStore implements EventStore {
  readonly instances: InstanceDirectory
  readonly log: LogStore
  readonly deliveries: DeliveryStore
  readonly deadLetters: DeadLetterStore
  readonly #options: PostgresStoreOptions & { schema: string }
  readonly #pool: PostgresPool
  readonly #table: PostgresInstances
  readonly #reads: PostgresReads
  readonly #writes = new SerialQueue()
  readonly #appender: PostgresAppender
  readonly #deliveries: PostgresDeliveries
  readonly #backlog: PostgresBacklog
  readonly #session: PostgresSession
  readonly #tails = new Set<PostgresTail>()
  readonly #senders = new Set<PartitionLeases>()
  #head = 0
  #nodes = 1
  #pruneAfter = 0
  #closing: Promise<void> | undefined

  /**
   * Connects, and brings the schema up to date.
   * @throws {StoreUnusableError} PostgreSQL cannot be reached, or refuses @throws {StoreNewerError} a newer release wrote it
   */
  static async open({ schema = 'instance_events', ...options }: PostgresStoreOptions): Promise<PostgresStore> {
    await migrate(options.url, schema)
    const store = new PostgresStore({ ...options, schema })
    try {
      await store.#session.start()
      await store.#table.sync(0)
      await store.#backlog.count()
      return store
    } catch (error) {
      await store.close()
      throw refused(error)
    }
  }

  private constructor(options: PostgresStoreOptions & { schema: string }) {
    const { url, schema, maxPendingDeliveries = 1_000_000, retryMs = 5_000, timing, onConnection } = options
    this.#options = options
    const pool = new PostgresPool(url)
    this.#pool = pool
    this.#reads = new PostgresReads(pool, schema)
    this.#table = new PostgresInstances({ pool, schema, writes: this.#writes })
    this.instances = this.#table.directory
    this.#appender = new PostgresAppender({
      pool,
      schema,
      retryMs,
      sync: (directory) => this.#table.sync(directory),
      committed: (appended) => this.#committed(appended)
    })
    this.#deliveries = new PostgresDeliveries({ pool, schema, changed: (by) => this.#backlog.change(by) })
    this.#backlog = new PostgresBacklog({
      max: maxPendingDeliveries,
      count: () => this.#reads.pendingCount(),
      busy: () => this.#writes.busy || this.#deliveries.busy,
      restMs: (tookMs) => Math.max(COUNT_REST_MS, tookMs * COUNT_REST)
    })
    this.#session = new PostgresSession({
      ...timing,
      url,
      channel: schema,
      begin: { text: 'SELECT pg_advisory_lock_shared($1, $2)', values: [lockSpace(schema), LOCKS.nodes] },
      beat: {
        text: `SELECT l.last_offset, c.value AS directory, (${COUNT_HOLDERS}) AS nodes
          FROM ${schema}.log l, ${schema}.counters c WHERE c.name = 'directory'`,
        values: [lockSpace(schema), LOCKS.nodes]
      },
      beaten: (row) => this.#beaten(row),
      notified: (kind, number) => {
        // What this node is about to append it need not read, once it knows that nothing came before.
        if (kind === 'log' && (this.#nodes > 1 || !this.#writes.busy)) this.#advance(number)
        else if (kind === 'directory') this.#sync(number)
      },
      lost: (error) => {
        this.#backlog.doubt()
        onConnection?.(error)
      },
      back: () => onConnection?.(undefined)
    })
    this.log = {
      append: (events, replan) => this.#append(events, replan),
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
      maySend: (instanceKey) => this.#maySend(instanceKey),
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

  #append(events: readonly NewEvent[], replan?: () => readonly NewEvent[]): Promise<AppendResult[]> {
    const deliveries = events.reduce((sum, event) => sum + event.queues.length, 0)
    try {
      this.#backlog.reserve(deliveries)
    } catch (error) {
      return Promise.reject(error)
    }
    const done = this.#writes.addTo(this.#appender, {
      events,
      deliveries,
      calledAt: performance.now(),
      directory: replan ? this.#table.version : Number.MAX_SAFE_INTEGER,
      replan
    })
    done.catch(() => this.#backlog.settle(deliveries))
    return done
  }

  #tail(subscriber: LogSubscriber): () => void {
    const sync = (directory: number) => this.#table.sync(directory)
    const tail = new PostgresTail({ reads: this.#reads, subscriber, position: this.#head, sync })
    this.#tails.add(tail)
    return () => {
      this.#tails.delete(tail)
      void tail.stop()
    }
  }

  async #watchLanes(watcher: LaneWatcher): Promise<() => Promise<void>> {
    this.#assertOpen()
    const { url, schema, timing } = this.#options
    const sender = new PartitionLeases({ url, schema, timing, reads: this.#reads, watcher })
    try {
      await sender.start()
    } catch (error) {
      throw refused(error)
    }
    this.#senders.add(sender)
    return async () => {
      if (this.#senders.delete(sender)) await sender.stop()
    }
  }

  #maySend(instanceKey: number): boolean {
    return this.#senders.values().some((sender) => sender.maySend(instanceKey))
  }

  status(): NodeStatus {
    const tails = [...this.#tails]
    return {
      connected: this.#session.connected,
      nodes: this.#nodes,
      partitions: [...this.#senders].reduce((sum, { count }) => sum + count, 0),
      head: this.#head,
      position: Math.min(this.#head, ...tails.map(({ position }) => position)),
      lagMs: Math.max(0, ...tails.map(({ lagMs }) => lagMs))
    }
  }

  async #read(options: ReadOptions): Promise<StoredEvent[]> {
    this.#assertOpen()
    return this.#reads.events(options)
  }

  async #range(): Promise<LogRange> {
    this.#assertOpen()
    return this.#reads.range()
  }

  async #readLane(lane: LaneKey, options: { after: number; limit: number; maxBytes: number }): Promise<StoredEvent[]> {
    this.#assertOpen()
    return this.#reads.lane(lane, options)
  }

  async #oldestPending(): Promise<number | null> {
    this.#assertOpen()
    return this.#reads.oldestPending()
  }

  #pendingCount(): number {
    return this.#backlog.pending
  }

  #acknowledge(deliveries: readonly DeliveryRef[]): Promise<void> {
    return this.#deliveries.acknowledge(deliveries)
  }

  #bury(delivery: DeliveryRef, failure: Failure): Promise<void> {
    return this.#deliveries.bury(delivery, failure)
  }

  async #readDeadLetters(page: DeadLetterPage): Promise<DeadLetter[]> {
    this.#assertOpen()
    return this.#reads.deadLetters(page)
  }

  async #deadLetterCount(): Promise<{ count: number; lastId: number }> {
    this.#assertOpen()
    return this.#reads.deadLetterCount()
  }

  #redrive(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#deliveries.redrive(page)
  }

  #discard(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#deliveries.discard(page)
  }

  async #prune({ acceptedBefore, maxBytes }: PruneOptions): Promise<{ removed: number; more: boolean }> {
    this.#assertOpen()
    const { removed, next } = await this.#pool.one(`SELECT * FROM ${this.#options.schema}.prune($1, $2, $3, $4)`, [
      this.#pruneAfter,
      Math.floor(acceptedBefore),
      maxBytes,
      PRUNE_CHUNK
    ])
    this.#pruneAfter = (next as number | null) ?? 0
    return { removed: removed as number, more: next !== null }
  }

  /** PostgreSQL has checksums of its own, and refuses to read what is damaged. */
  #damagedEvents(): number {
    return 0
  }

  async check(): Promise<void> {
    this.#assertOpen()
    if (!this.#session.connected) throw new BackpressureError('PostgreSQL: the session that holds the locks is lost')
    const { schema } = this.#options
    // In two transactions: while it writes, appends go on.
    for (const part of ['lock', 'write']) {
      const query = { text: `SELECT ${schema}.check_${part}()`, query_timeout: CHECK_TIMEOUT_MS }
      await this.#pool.ask(query).catch((error: unknown) => {
        throw refused(error)
      })
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    const written = this.#writes.close()
    await Promise.all([...this.#senders].map((sender) => sender.stop()))
    await this.#deliveries.close()
    await written
    await Promise.all([...this.#tails].map((tail) => tail.stop()))
    await this.#session.close()
    await this.#pool.close()
  }

  #beaten({ last_offset: head, directory, nodes }: Row): void {
    // What the last other node did before it left is counted once more.
    if ((nodes as number) > 1 || this.#nodes > 1) this.#backlog.doubt()
    this.#nodes = nodes as number
    this.#advance(head as number)
    this.#sync(directory as number)
    this.#backlog.refresh().catch(() => {})
  }

  /** A transaction of appends is kept. */
  async #committed(appended: Appended): Promise<void> {
    const { head, stored, directory, deliveries, retried, operations, seconds } = appended
    // If it cannot be had now, it will be with a beat.
    await this.#table.sync(directory).catch(() => {})
    this.#backlog.settle(deliveries)
    this.#backlog.change(stored.reduce((sum, { queues }) => sum + queues.length, 0))
    if (retried) this.#backlog.doubt()
    this.#head = Math.max(this.#head, head)
    for (const follower of [...this.#tails, ...this.#senders]) follower.appended(appended)
    this.#options.onCommit?.({ operations, seconds })
  }

  #advance(head: number): void {
    this.#head = Math.max(this.#head, head)
    for (const follower of [...this.#tails, ...this.#senders]) follower.advance(this.#head)
  }

  #sync(directory: number): void {
    this.#table.sync(directory).catch(() => {})
  }

  #assertOpen(): void {
    if (this.#closing) throw new ClosingError()
  }
}
