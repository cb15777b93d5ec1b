import { setImmediate } from 'node:timers/promises'
import type { SqliteCommits } from './commits.ts'
import { LINE_OF_COMMITTED } from '../fair-lines.ts'
import { type Backlog, countDeliveries } from '../backlog.ts'
import type { CommitFeed } from './commit-feed.ts'
import type { SqliteDeliveries } from './deliveries.ts'
import type { SqliteEpoch } from './epoch.ts'
import { SqliteEraser } from './eraser.ts'
import type { SqliteFile } from './file.ts'
import type { IdSearch } from './id-search.ts'
import type { SqliteIds } from './ids.ts'
import type { SqliteInstances } from './instances.ts'
import type { SqliteLogReads } from './log-reads.ts'
import type { SqliteParts, Upload } from './parts.ts'
import type { SqlitePending } from './pending.ts'
import { SqlitePruner } from './pruner.ts'
import type { SqliteQueues } from './queues.ts'
import { rowBytes, type SqliteRetained } from './retained.ts'
import type { SqliteSegments } from './segments.ts'
import type { Statements } from './statements.ts'
import { SqliteUploads } from './uploads.ts'
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
import { lastBefore } from '../last-before.ts'
import { IN_PARTS, type NewEvent, onlyInstance, type StoredEvent } from '../../events/event.ts'
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
  parts: SqliteParts
  pending: SqlitePending
  retained: SqliteRetained
  instances: SqliteInstances
  backlog: Backlog
  deliveries: SqliteDeliveries
  feed: CommitFeed
}

/** Results of one append inside its transaction, published after the commit, and the parts of an event. */
interface Appending {
  acceptedAt: number
  stored: StoredEvent[]
  registered: Instance[]
  upload: Upload | undefined
  search: IdSearch
}

export class SqliteLog implements LogStore {
  readonly #options: SqliteLogOptions
  readonly #pruner: SqlitePruner
  readonly #eraser: SqliteEraser
  readonly #uploads: SqliteUploads
  readonly #subscribers = new Set<LogSubscriber>()

  constructor(options: SqliteLogOptions) {
    this.#options = options
    this.#pruner = new SqlitePruner({ ...options, damage: options.file.damage })
    this.#eraser = new SqliteEraser(options)
    this.#uploads = new SqliteUploads(options)
  }

  append(events: readonly NewEvent[]): Promise<AppendResult[]> {
    const { backlog, commits, feed, file, ids, instances } = this.#options
    const deliveries = countDeliveries(events)
    let search: IdSearch
    try {
      search = file.read(() => ids.search(events))
      backlog.reserve(deliveries)
    } catch (error) {
      return Promise.reject(error)
    }
    const stored: StoredEvent[] = []
    const registered: Instance[] = []
    const line = onlyInstance(events)
    this.#readSegments(search, line)
    const uploads = this.#uploads.begin(events, (event) => this.#has(event, search))
    const done = commits.add({
      events: events.length,
      line,
      characters: charactersOf(uploads.length > 0 ? events.filter((_, index) => !uploads[index]) : events),
      run: () => {
        instances.assertPresent(events)
        const acceptedAt = Date.now()
        stored.length = 0
        registered.length = 0
        return events.map((event, index) =>
          this.#insert(event, { acceptedAt, stored, registered, upload: uploads[index], search })
        )
      },
      committed: () => {
        backlog.settle(deliveries)
        for (const instance of registered) instances.directory.put(instance)
        for (const event of stored) {
          if (event.queues.length > 0) backlog.change(event.instanceKey, event.queues.length)
          feed.add(event)
        }
      }
    })
    done.catch(() => backlog.settle(deliveries))
    if (uploads.length > 0) done.catch(() => {}).finally(() => this.#uploads.end(uploads))
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
    this.#subscribers.add(subscriber)
    return () => {
      stops.forEach((stop) => stop())
      this.#subscribers.delete(subscriber)
    }
  }

  async read(options: ReadOptions): Promise<StoredEvent[]> {
    this.#options.file.assertOpen()
    return this.#options.reads.events(options)
  }

  async readPages(requests: readonly PageRequest[], options: ReadPagesOptions): Promise<LogPage[]> {
    const { file, reads } = this.#options
    const pages: LogPage[] = []
    for (const request of requests) {
      // Other work comes between two pages.
      if (pages.length > 0) await setImmediate()
      file.assertOpen()
      pages.push(await reads.page(request, options))
    }
    return pages
  }

  /** Finds one id in a turn of the event loop: a generated one is searched in the events of its time. */
  async withIds(instanceKey: number | undefined, given: readonly string[]): Promise<StoredEvent[]> {
    const { file, ids, reads } = this.#options
    const events: StoredEvent[] = []
    for (const id of given) {
      const offsets = file.read(() =>
        instanceKey === undefined ? ids.findAll(id) : [ids.find(id, instanceKey) ?? Infinity]
      )
      for (const offset of offsets) {
        const event = offset <= reads.head ? reads.one(offset) : undefined
        if (event) events.push(event)
      }
      await setImmediate()
    }
    return events
  }

  async instanceKeysOf(name: string): Promise<number[]> {
    this.#options.file.assertOpen()
    return this.#options.reads.instanceKeysOf(name)
  }

  async lastBefore(time: number): Promise<number> {
    return lastBefore(time, await this.range(), async (after) => this.#options.reads.accepted(after))
  }

  async erase(events: readonly StoredEvent[]): Promise<ErasedEvent[]> {
    const { commits, deliveries } = this.#options
    const { erased } = await commits.add({
      line: LINE_OF_COMMITTED,
      characters: charactersOf(events),
      run: () => this.#eraser.erase(events),
      committed: ({ lanes }) => {
        if (lanes.length > 0) deliveries.rewind(lanes)
        for (const subscriber of this.#subscribers) subscriber.erased?.()
      }
    })
    await this.#uploads.overwriteErased()
    return erased
  }

  async sums(options: SumsOptions): Promise<EventSum[]> {
    return this.#options.file.read(() => this.#options.reads.sums(options))
  }

  async acceptedAt(offsets: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const { file, sql } = this.#options
    return file.read(() => {
      const rows = offsets.map((offset) => [offset, sql.acceptedAt.get(offset)?.accepted_at] as const)
      return new Map(rows.filter((row): row is [number, number] => row[1] !== undefined))
    })
  }

  async range(instanceKey?: number): Promise<LogRange> {
    return this.#options.file.read(() => this.#options.reads.range(instanceKey))
  }

  async commonWith(id: string): Promise<Comparison> {
    return this.#options.file.read(() => this.#options.reads.commonWith(id))
  }

  prune(options: PruneOptions): Promise<{ removed: number; more: boolean }> {
    const { commits, segments } = this.#options
    return commits.add({
      line: LINE_OF_COMMITTED,
      run: () => this.#prune(options),
      committed: ({ emptied }) => segments.removed(emptied)
    })
  }

  retainedBytes(instanceKey: number): number {
    return this.#options.retained.bytes(instanceKey)
  }

  damagedEvents(): number {
    return this.#options.file.damage.events
  }

  #prune(options: PruneOptions): ReturnType<SqlitePruner['step']> {
    const { file, parts } = this.#options
    // They take room that otherwise more events would have to make.
    if (parts.removeLoose()) return { removed: 0, more: true, emptied: [] }
    const step = this.#pruner.step(options)
    file.sync?.wrote(step.removed * REMOVED_BYTES)
    return step
  }

  /** Reads the segments of a search before the events that it is for are appended, one at a time, with other work in between. */
  #readSegments(search: IdSearch, line: string | undefined): void {
    for (const segment of search.segments) {
      const run = () => search.read(segment)
      // What is not read is read with the append, or fails for the same reason.
      this.#options.commits.add({ line, weight: 1, run }).catch(() => {})
    }
  }

  /** True if the instance of an event has one with its id, which was not generated for it. */
  #has(event: NewEvent, search: IdSearch): boolean {
    const { ids, instances } = this.#options
    const key = hasGeneratedId(event) ? undefined : instances.directory.get(event.instance)?.key
    return key !== undefined && ids.find(event.id, key, search) !== undefined
  }

  #insert(event: NewEvent, { acceptedAt, stored, registered, upload, search }: Appending): AppendResult {
    const { file, sql, queues, ids, segments, parts, pending, retained, instances } = this.#options
    const instanceKey = instances.keyOf(event.instance, registered)
    const { id, instance, event: name, flags, envelope, data } = event
    const generated = hasGeneratedId(event)
    const first = generated ? undefined : ids.find(id, instanceKey, search)
    if (first !== undefined) return { id, offset: first, duplicate: true }
    const extras = writeExtras(event)
    const reference = upload && parts.refer(upload)
    const row = reference === undefined ? { flags, data } : { flags: flags | IN_PARTS, data: reference }
    file.sync?.wrote(row.data.length + envelope.length)
    const values = [instanceKey, id, instance, name, row.flags, acceptedAt, envelope, extras, row.data] as const
    const inserted = sql.insertEvent.run(...values)
    const offset = Number(inserted.lastInsertRowid)
    if (!generated) ids.add(id, instanceKey, offset)
    segments.add({ offset, instanceKey, generatedId: generated ? id : undefined })
    const size = rowBytes({ envelope, extras, data: upload?.bytes ?? Buffer.byteLength(data) })
    retained.add({ instanceKey, size })
    for (const queue of event.queues) pending.add(offset, { queueKey: queues.key(queue), instanceKey })
    stored.push({ ...event, offset, instanceKey, acceptedAt })
    return { id, offset, duplicate: false }
  }
}

function charactersOf(events: readonly NewEvent[]): number {
  return events.reduce((sum, { data, extra }) => sum + data.length + extra.length, 0)
}
