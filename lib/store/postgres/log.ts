import { type Backlog, countDeliveries } from '../backlog.ts'
import { numberArray, textArray } from './binary-array.ts'
import type { Commit, CommitQueue } from '../commit-queue.ts'
import { lastBefore } from '../last-before.ts'
import { PostgresAppender, type Appended } from './append.ts'
import type { PostgresPool } from './connection.ts'
import type { PostgresEpoch } from './epoch.ts'
import type { PostgresInstances } from './instances.ts'
import { PostgresIntake } from './intake.ts'
import type { LogHead } from './log-head.ts'
import { type Found, PostgresLogReads } from './log-reads.ts'
import type { Recount } from './recount.ts'
import type { PostgresRetained } from './retained.ts'
import { PostgresSharePruner } from './share-pruner.ts'
import { PostgresTail } from './tail.ts'
import type { PostgresUploads, Upload } from './uploads.ts'
import type {
  AppendResult,
  Comparison,
  ErasedEvent,
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
import { beginUploads, isLarge } from '../parts.ts'
import type { Row } from '../rows.ts'
import { erased, ERASED_DATA } from '../../events/erased.ts'
import type { NewEvent, StoredEvent } from '../../events/event.ts'
import { writeExtras } from '../../events/extras.ts'
import { eventSize } from '../../events/messages.ts'
import { isPlainText } from '../../text/plain-text.ts'

export interface PostgresLogOptions {
  pool: PostgresPool
  /** Appends and changes of instances, in the order of calls. */
  writes: CommitQueue
  instances: PostgresInstances
  backlog: Backlog
  recount: Recount
  retained: PostgresRetained
  uploads: PostgresUploads
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
  readonly #intake: PostgresIntake
  readonly #tails = new Set<PostgresTail>()
  readonly #shares: PostgresSharePruner
  /** Offset after which pruning looks for old events. */
  #prunedAfter = 0

  constructor(options: PostgresLogOptions) {
    const { pool, instances, uploads, retryMs } = options
    this.#options = options
    this.#reads = new PostgresLogReads(pool)
    this.#shares = new PostgresSharePruner(pool)
    const appender = new PostgresAppender({
      pool,
      retryMs,
      sync: (directoryVersion) => instances.sync(directoryVersion),
      committed: (appended) => this.#committed(appended)
    })
    this.#intake = new PostgresIntake({ appender, uploads })
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
    const deliveries = countDeliveries(events)
    try {
      backlog.reserve(deliveries)
    } catch (error) {
      return Promise.reject(error)
    }
    const uploads = beginUploads(events, (event) => this.#upload(event))
    const done = writes.add(this.#intake, {
      events,
      uploads,
      deliveries,
      calledAt: performance.now(),
      directoryVersion: replan ? instances.version : Number.MAX_SAFE_INTEGER,
      replan
    })
    done.catch(() => backlog.settle(deliveries))
    const release = () => this.#options.uploads.release(uploads)
    if (uploads.length > 0) done.then(release, release).catch(() => {})
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

  async readPages(requests: readonly PageRequest[], options: ReadPagesOptions): Promise<LogPage[]> {
    this.#options.pool.assertOpen()
    const { pages, epoch } = await this.#reads.pages(requests, options)
    await this.#options.epoch.sync(epoch)
    return pages
  }

  async withIds(instanceKey: number | undefined, ids: readonly string[]): Promise<StoredEvent[]> {
    this.#options.pool.assertOpen()
    // The index is by instance.
    return instanceKey === undefined ? [] : this.#reads.withIds(instanceKey, ids.filter(isPlainText))
  }

  async instanceKeysOf(name: string): Promise<number[]> {
    this.#options.pool.assertOpen()
    return isPlainText(name) ? this.#reads.instanceKeysOf(name) : []
  }

  async lastBefore(time: number): Promise<number> {
    return lastBefore(time, await this.range(), (after) => this.#reads.accepted(after))
  }

  async erase(events: readonly StoredEvent[]): Promise<ErasedEvent[]> {
    const { pool } = this.#options
    pool.assertOpen()
    const [first] = events
    if (!first) return []
    const blank = events.map(erased)
    const rows = await pool.query(`SELECT * FROM ${pool.schema}.erase($1, $2, $3, $4, $5, $6, $7, $8)`, [
      first.instanceKey,
      numberArray(blank.map(({ offset }) => offset)),
      textArray(blank.map(({ id }) => id)),
      numberArray(blank.map(({ flags }) => flags)),
      numberArray(blank.map(eventSize)),
      textArray(blank.map(({ envelope }) => envelope)),
      textArray(blank.map(writeExtras)),
      ERASED_DATA
    ])
    await this.#options.head.erased()
    if (events.some(({ data }) => isLarge(data))) await this.#options.uploads.removeAllLoose()
    return rows.map(toErased)
  }

  async sums(options: SumsOptions): Promise<EventSum[]> {
    this.#options.pool.assertOpen()
    return this.#reads.sums(options)
  }

  async acceptedAt(offsets: readonly number[]): Promise<ReadonlyMap<number, number>> {
    this.#options.pool.assertOpen()
    return this.#reads.acceptedAt(offsets)
  }

  async range(instanceKey?: number): Promise<LogRange> {
    this.#options.pool.assertOpen()
    const range = await this.#reads.range(instanceKey)
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
    if (await this.#options.uploads.removeLoose()) return { removed: 0, more: true }
    const { status, removed } = await this.#shares.step(maxBytes)
    if (status !== 'done') return { removed, more: status !== 'busy' }
    const row = await pool.one(`SELECT * FROM ${pool.schema}.prune($1, $2, $3)`, [
      this.#prunedAfter,
      Math.floor(acceptedBefore),
      PRUNE_CHUNK
    ])
    const next = row.next as number | null
    this.#prunedAfter = next ?? 0
    if (next === null) this.#shares.endRound()
    return { removed: row.removed as number, more: next !== null }
  }

  retainedBytes(instanceKey: number): number {
    return this.#options.retained.bytes(instanceKey)
  }

  /** PostgreSQL refuses to read what its checksums show to be damaged: nothing is left out. */
  damagedEvents(): number {
    return 0
  }

  /** Ends all subscriptions. */
  async stop(): Promise<void> {
    await Promise.all([...this.#tails].map((tail) => tail.stop()))
  }

  /** Begins to write the data of an event, if it is large: in the line of its instance, before its append. */
  #upload(event: NewEvent): Upload | undefined {
    const { uploads, writes } = this.#options
    const upload = uploads.begin(event)
    for (const nth of upload?.texts.keys() ?? [])
      writes.add(this.#intake, { upload: upload as Upload, nth }).catch(() => {})
    return upload
  }

  /** Runs after each transaction of appends, before they resolve. */
  async #committed(appended: Appended): Promise<void> {
    const { instances, backlog, recount, retained, head, epoch, onCommit } = this.#options
    const { stored, directoryVersion, deliveries, retried, operations, seconds } = appended
    // What cannot be read now will be with the next beat.
    await instances.sync(directoryVersion).catch(() => {})
    await epoch.sync(appended.epoch).catch(() => {})
    for (const settled of deliveries) backlog.settle(settled)
    for (const { instanceKey, queues } of stored) if (queues.length > 0) backlog.change(instanceKey, queues.length)
    retained.appended(stored)
    if (retried) recount.doubt()
    if (appended.epoch === head.epoch) head.appended(appended)
    onCommit?.({ operations, seconds })
  }
}

function toErased({ offset, pending, dead_letters: deadLetters }: Row): ErasedEvent {
  return { offset, pending, deadLetters } as ErasedEvent
}
