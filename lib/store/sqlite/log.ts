import { setImmediate } from 'node:timers/promises'
import type { SqliteCommits } from './commits.ts'
import type { Backlog } from '../backlog.ts'
import type { CommitFeed } from './commit-feed.ts'
import type { SqliteEpoch } from './epoch.ts'
import type { SqliteFile } from './file.ts'
import type { SqliteIds } from './ids.ts'
import type { SqliteInstances } from './instances.ts'
import type { SqliteLogReads } from './log-reads.ts'
import type { SqlitePending } from './pending.ts'
import { SqlitePruner } from './pruner.ts'
import type { SqliteQueues } from './queues.ts'
import type { SqliteSegments } from './segments.ts'
import type { Statements } from './statements.ts'
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
import { hasGeneratedId } from '../../events/event-id.ts'
import { writeExtras } from '../../events/extras.ts'
import type { Instance } from '../../instances/instance.ts'

/** What the removal of an event writes to the write-ahead log, about. */
const REMOVED_BYTES = 1_024

export interface SqliteLogOptions {
  file: SqliteFile
  sql: Statements
  reads: SqliteLogReads
  commits: SqliteCommits
  epoch: SqliteEpoch
  queues: SqliteQueues
  ids: SqliteIds
  segments: SqliteSegments
  pending: SqlitePending
  instances: SqliteInstances
  backlog: Backlog
  feed: CommitFeed
}

/** Results of one append inside its transaction, published after the commit. */
interface Appending {
  acceptedAt: number
  stored: StoredEvent[]
  registered: Instance[]
}

export class SqliteLog implements LogStore {
  readonly #options: SqliteLogOptions
  readonly #pruner: SqlitePruner

  constructor(options: SqliteLogOptions) {
    this.#options = options
    this.#pruner = new SqlitePruner(options)
  }

  append(events: readonly NewEvent[]): Promise<AppendResult[]> {
    const { backlog, commits, feed, instances } = this.#options
    const deliveries = events.reduce((sum, event) => sum + event.queues.length, 0)
    try {
      backlog.reserve(deliveries)
    } catch (error) {
      return Promise.reject(error)
    }
    const stored: StoredEvent[] = []
    const registered: Instance[] = []
    const done = commits.add({
      characters: events.reduce((sum, { data, extra }) => sum + data.length + extra.length, 0),
      run: () => {
        const acceptedAt = Date.now()
        stored.length = 0
        registered.length = 0
        return events.map((event) => this.#insert(event, { acceptedAt, stored, registered }))
      },
      committed: () => {
        backlog.settle(deliveries)
        for (const instance of registered) instances.directory.put(instance)
        for (const event of stored) {
          backlog.change(event.queues.length)
          feed.add(event)
        }
      }
    })
    done.catch(() => backlog.settle(deliveries))
    return done
  }

  tail(subscriber: LogSubscriber): () => void {
    const { epoch, feed, reads } = this.#options
    const { head } = reads
    subscriber.entered({ id: epoch.id, upTo: head })
    subscriber.advanced([], head)
    const stops = [
      epoch.follow((begun) => subscriber.entered(begun)),
      feed.subscribe((events) => subscriber.advanced(events, events.at(-1)?.offset as number))
    ]
    return () => stops.forEach((stop) => stop())
  }

  async read(options: ReadOptions): Promise<StoredEvent[]> {
    this.#options.file.assertOpen()
    return this.#options.reads.events(options)
  }

  async readPages(
    requests: readonly PageRequest[],
    options: ReadPagesOptions
  ): Promise<{ pages: LogPage[]; prunedTo: number }> {
    const { file, reads } = this.#options
    const pages: LogPage[] = []
    for (const request of requests) {
      // Other work comes between two pages.
      if (pages.length > 0) await setImmediate()
      file.assertOpen()
      pages.push(await reads.page(request, options))
    }
    return { pages, prunedTo: file.read(() => reads.range().prunedTo) }
  }

  async sums(options: SumsOptions): Promise<EventSum[]> {
    return this.#options.file.read(() => this.#options.reads.sums(options))
  }

  async range(): Promise<LogRange> {
    return this.#options.file.read(() => this.#options.reads.range())
  }

  async commonWith(id: string): Promise<Comparison> {
    return this.#options.file.read(() => this.#options.reads.commonWith(id))
  }

  prune(options: PruneOptions): Promise<{ removed: number; more: boolean }> {
    const { commits, segments } = this.#options
    return commits.add({ run: () => this.#prune(options), committed: ({ first }) => segments.removed(first) })
  }

  damagedEvents(): number {
    return this.#options.file.damage.events
  }

  #prune(options: PruneOptions): ReturnType<SqlitePruner['step']> {
    const step = this.#pruner.step(options)
    this.#options.file.sync?.wrote(step.removed * REMOVED_BYTES)
    return step
  }

  #insert(event: NewEvent, { acceptedAt, stored, registered }: Appending): AppendResult {
    const { file, sql, queues, ids, segments, pending, instances } = this.#options
    const instanceKey = instances.keyOf(event.instance, registered)
    const { id, instance, event: name, flags, envelope, data } = event
    const generated = hasGeneratedId(event)
    const first = generated ? undefined : ids.find(id, instanceKey)
    if (first !== undefined) return { id, offset: first, duplicate: true }
    const extras = writeExtras(event)
    file.sync?.wrote(data.length + envelope.length)
    const inserted = sql.insertEvent.run(instanceKey, id, instance, name, flags, acceptedAt, envelope, extras, data)
    const offset = Number(inserted.lastInsertRowid)
    if (!generated) ids.add(id, instanceKey, offset)
    segments.add({ offset, instanceKey, generatedId: generated ? id : undefined })
    for (const queue of event.queues) pending.add(offset, { queueKey: queues.key(queue), instanceKey })
    stored.push({ ...event, offset, instanceKey, acceptedAt })
    return { id, offset, duplicate: false }
  }
}
