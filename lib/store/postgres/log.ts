import type { Backlog } from '../backlog.ts'
import type { Commit, CommitQueue } from '../commit-queue.ts'
import { PostgresAppender, type Appended } from './append.ts'
import type { PostgresPool } from './connection.ts'
import type { PostgresEpoch } from './epoch.ts'
import type { PostgresInstances } from './instances.ts'
import type { LogHead } from './log-head.ts'
import { type Found, PostgresLogReads } from './log-reads.ts'
import type { Recount } from './recount.ts'
import { PostgresTail } from './tail.ts'
import type {
  AppendResult,
  Comparison,
  EventSum,
  LogPage,
  LogRange,
  LogStore,
  LogSubscriber,
  PageRequest,
  PruneOptions,
  ReadOptions,
  ReadPagesOptions,
  SumsOptions
} from '../log-store.ts'
import type { NewEvent, StoredEvent } from '../../events/event.ts'

export interface PostgresLogOptions {
  pool: PostgresPool
  /** Appends and changes of instances, in the order of calls. */
  writes: CommitQueue
  instances: PostgresInstances
  backlog: Backlog
  recount: Recount
  head: LogHead
  epoch: PostgresEpoch
  /** Milliseconds for which an append is tried while PostgreSQL is away. */
  retryMs: number
  onCommit: ((commit: Commit) => void) | undefined
}

/** Events that one step of pruning looks at. */
const PRUNE_CHUNK = 500

export class PostgresLog implements LogStore {
  readonly #options: PostgresLogOptions
  readonly #reads: PostgresLogReads
  readonly #appender: PostgresAppender
  readonly #tails = new Set<PostgresTail>()
  #pruneAfter = 0

  constructor(options: PostgresLogOptions) {
    const { pool, instances, retryMs } = options
    this.#options = options
    this.#reads = new PostgresLogReads(pool)
    this.#appender = new PostgresAppender({
      pool,
      retryMs,
      sync: (directoryVersion) => instances.sync(directoryVersion),
      committed: (appended) => this.#committed(appended)
    })
  }

  /** Offset that all subscribers have reached; the head without any. */
  get position(): number {
    return Math.min(this.#options.head.offset, ...[...this.#tails].map(({ position }) => position))
  }

  /** Milliseconds since a subscriber has been behind; 0 if none is. */
  get lagMs(): number {
    return Math.max(0, ...[...this.#tails].map(({ lagMs }) => lagMs))
  }

  append(events: readonly NewEvent[], replan?: () => readonly NewEvent[]): Promise<AppendResult[]> {
    const { backlog, instances, writes } = this.#options
    const deliveries = events.reduce((sum, event) => sum + event.queues.length, 0)
    try {
      backlog.reserve(deliveries)
    } catch (error) {
      return Promise.reject(error)
    }
    const done = writes.add(this.#appender, {
      events,
      deliveries,
      calledAt: performance.now(),
      directoryVersion: replan ? instances.version : Number.MAX_SAFE_INTEGER,
      replan
    })
    done.catch(() => backlog.settle(deliveries))
    return done
  }

  tail(subscriber: LogSubscriber): () => void {
    const { head, epoch, instances } = this.#options
    const sync = async (found: Found) => {
      await instances.sync(found.directoryVersion)
      await epoch.sync(found.epoch)
    }
    const tail = new PostgresTail({ reads: this.#reads, subscriber, epoch: head.epoch, position: head.offset, sync })
    const unfollow = head.follow(tail)
    this.#tails.add(tail)
    return () => {
      unfollow()
      this.#tails.delete(tail)
      void tail.stop()
    }
  }

  async read(options: ReadOptions): Promise<StoredEvent[]> {
    this.#options.pool.assertOpen()
    return this.#reads.events(options)
  }

  async readPages(
    requests: readonly PageRequest[],
    options: ReadPagesOptions
  ): Promise<{ pages: LogPage[]; prunedTo: number }> {
    this.#options.pool.assertOpen()
    const { pages, prunedTo, epoch } = await this.#reads.pages(requests, options)
    await this.#options.epoch.sync(epoch)
    return { pages, prunedTo }
  }

  async sums(options: SumsOptions): Promise<EventSum[]> {
    this.#options.pool.assertOpen()
    return this.#reads.sums(options)
  }

  async range(): Promise<LogRange> {
    this.#options.pool.assertOpen()
    const range = await this.#reads.range()
    await this.#options.epoch.sync(range.id)
    return range
  }

  async commonWith(id: string): Promise<Comparison> {
    this.#options.pool.assertOpen()
    return this.#options.epoch.commonWith(id)
  }

  async prune({ acceptedBefore, maxBytes }: PruneOptions): Promise<{ removed: number; more: boolean }> {
    const { pool } = this.#options
    pool.assertOpen()
    const { removed, next } = await pool.one(`SELECT * FROM ${pool.schema}.prune($1, $2, $3, $4)`, [
      this.#pruneAfter,
      Math.floor(acceptedBefore),
      maxBytes,
      PRUNE_CHUNK
    ])
    this.#pruneAfter = (next as number | null) ?? 0
    return { removed: removed as number, more: next !== null }
  }

  /** PostgreSQL refuses to read what its checksums show to be damaged: nothing is left out. */
  damagedEvents(): number {
    return 0
  }

  /** Ends all subscriptions. */
  async stop(): Promise<void> {
    await Promise.all([...this.#tails].map((tail) => tail.stop()))
  }

  /** Runs after each transaction of appends, before they resolve. */
  async #committed(appended: Appended): Promise<void> {
    const { instances, backlog, recount, head, epoch, onCommit } = this.#options
    const { stored, directoryVersion, deliveries, retried, operations, seconds } = appended
    // What cannot be read now will be with the next beat.
    await instances.sync(directoryVersion).catch(() => {})
    await epoch.sync(appended.epoch).catch(() => {})
    backlog.settle(deliveries)
    backlog.change(stored.reduce((sum, { queues }) => sum + queues.length, 0))
    if (retried) recount.doubt()
    if (appended.epoch === head.epoch) head.appended(appended)
    onCommit?.({ operations, seconds })
  }
}
