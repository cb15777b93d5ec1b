import { setImmediate } from 'node:timers/promises'
import { InstanceWalk } from './instance-walk.ts'
import { NameWalk } from './name-walk.ts'
import { Page, takeEvents } from './page.ts'
import { readEvent } from './parts.ts'
import type { SqlitePending } from './pending.ts'
import type { SqliteRetained } from './retained.ts'
import type { SqliteSegments } from './segments.ts'
import type { AcceptedEvent } from '../last-before.ts'
import { toEventSum } from '../rows.ts'
import type { SqliteDamage } from './damage.ts'
import type { SqliteEpoch } from './epoch.ts'
import { headOf, type Statements } from './statements.ts'
import type {
  Comparison,
  EventSum,
  LogPage,
  LogRange,
  PageRequest,
  ReadOptions,
  ReadPagesOptions,
  SumsOptions
} from '../log-store.ts'
import type { StoredEvent } from '../../events/event.ts'

type Narrowing = Pick<ReadOptions, 'instanceKey' | 'events' | 'instances'>

export interface LogReadsOptions {
  sql: Statements
  damage: SqliteDamage
  epoch: SqliteEpoch
  segments: SqliteSegments
  pending: SqlitePending
  retained: SqliteRetained
}

/** Events that are read one by one before the event loop turns. */
const STEPS = 100
/** Events of a page that is read for the keys of their instances, and their characters. */
const PAGE = { limit: 200, maxBytes: 262_144 }
/** Offsets that a page covers where each event has to be looked at: because of a filter, or of damage. */
const WINDOW = 2_000

/**
 * Reads events of the log. In a damaged file events are read one by one, each by its offset, since a broken tree ends a scan
 * early, skips rows or never ends. Events that cannot be read are left out.
 */
export class SqliteLogReads {
  readonly #sql: Statements
  readonly #damage: SqliteDamage
  readonly #epoch: SqliteEpoch
  readonly #segments: SqliteSegments
  readonly #pending: SqlitePending
  readonly #retained: SqliteRetained
  #head: number

  constructor({ sql, damage, epoch, segments, pending, retained }: LogReadsOptions) {
    this.#sql = sql
    this.#damage = damage
    this.#epoch = epoch
    this.#segments = segments
    this.#pending = pending
    this.#retained = retained
    this.#head = headOf(sql)
  }

  async events(options: ReadOptions): Promise<StoredEvent[]> {
    return (await this.#read(options)).events
  }

  /** A page of `LogStore.readPages`. */
  async page(request: PageRequest, { upTo, ...limits }: ReadPagesOptions): Promise<LogPage> {
    const last = Math.min(upTo, this.head)
    const { instanceKey, events, instances } = request
    if (instanceKey !== undefined) {
      const page = new Page(limits)
      const walk = this.#walk({ ...request, instanceKey, upTo: last })
      const looked = this.#damage.attempt(() => ({ upTo: walk.findFor(page) ?? last }))
      if (looked) return { events: page.events, reached: looked.upTo, prunedTo: this.#prunedTo(instanceKey) }
    }
    const isFiltered = events !== undefined || instances !== undefined || this.#damage.suspected
    const end = isFiltered ? Math.min(last, Math.max(request.after, this.#firstNeeded() - 1) + WINDOW) : last
    const page = await this.#read({ ...request, ...limits, upTo: end })
    const reached = page.isFull ? (page.events.at(-1)?.offset as number) : end
    return { events: page.events, reached, prunedTo: this.#prunedTo(instanceKey) }
  }

  /** Implements `LogStore.instanceKeysOf`. */
  async instanceKeysOf(name: string): Promise<number[]> {
    const walk = new NameWalk({ sql: this.#sql, segments: this.#segments }, name)
    for (;;) {
      const finished = this.#damage.attempt(() => walk.look())
      if (finished === undefined) return this.#instanceKeysByPages(name)
      if (finished) return walk.keys
      await setImmediate()
    }
  }

  /** Implements `LogStore.sums`; returns nothing for a damaged file. */
  sums({ after, upTo, partMs }: SumsOptions): EventSum[] {
    const values = { after, upTo: Math.min(upTo, this.head), partMs }
    return (this.#damage.attempt(() => this.#sql.sums.all(values)) ?? []).map(toEventSum)
  }

  range(instanceKey: number | undefined): LogRange {
    const head = this.head
    const first = this.#first() ?? (head === 0 ? 0 : head + 1)
    return { id: this.#epoch.id, first, head, prunedTo: this.#prunedTo(instanceKey) }
  }

  commonWith(id: string): Comparison {
    const current = this.#epoch.id
    const upTo = (id === current ? this.head : this.#sql.epochEnd.get(id)?.offset) as number | undefined
    return { id: current, upTo: upTo ?? 0, isKnown: upTo !== undefined }
  }

  /** The first event after an offset; `undefined` if there is none, and in a damaged file. */
  accepted(after: number): AcceptedEvent | undefined {
    const row = this.#damage.attempt(() => this.#sql.oldest.get(after, 1))
    return row && { offset: row.offset as number, acceptedAt: row.accepted_at as number }
  }

  /** The highest durable offset; 0: none. Events after it are not read yet. */
  get head(): number {
    return this.#head
  }

  /** What was written so far is durable. @param head its highest offset */
  advance(head: number): void {
    this.#head = head
  }

  /** The event at an offset; `undefined` if there is none, if it is not among those asked for, or if it is damaged. */
  one(offset: number, narrowing: Narrowing = {}): StoredEvent | undefined {
    try {
      const row = this.#sql.readOne.get(offset)
      if (!row) return undefined
      const event = readEvent(this.#sql, row)
      return isWanted(event, narrowing) && !this.#damage.spoils(event) ? event : undefined
    } catch (error) {
      this.#damage.met(error, offset)
      return undefined
    }
  }

  async #read(options: ReadOptions): Promise<Page> {
    const { limit, maxBytes = Infinity } = options
    const page = new Page({ limit, maxBytes })
    const whole = await this.#fill(page, options)
    return whole ? page : this.#readOneByOne(options)
  }

  /** Adds what a read asks for to its page. @returns false where damage is known or met */
  async #fill(page: Page, options: ReadOptions): Promise<boolean> {
    const { instanceKey } = options
    if (instanceKey === undefined) {
      return this.#damage.attempt(() => takeEvents(this.#rows(options), page)) !== undefined
    }
    const walk = this.#walk({ ...options, instanceKey })
    for (;;) {
      const looked = this.#damage.attempt(() => ({ upTo: walk.findFor(page) }))
      if (!looked || looked.upTo === undefined || page.isFull) return looked !== undefined
      await setImmediate()
    }
  }

  /** The same as `instanceKeysOf` for a damaged file. */
  async #instanceKeysByPages(name: string): Promise<number[]> {
    const keys = new Set<number>()
    const upTo = this.head
    for (let after = 0; after < upTo;) {
      const page = await this.page({ instances: [name], after }, { upTo, ...PAGE })
      for (const { instanceKey } of page.events) keys.add(instanceKey)
      after = page.reached
    }
    return [...keys]
  }

  async #readOneByOne(options: ReadOptions): Promise<Page> {
    const { newestFirst = false, limit, maxBytes = Infinity } = options
    const page = new Page({ limit, maxBytes })
    const from = Math.max(options.after + 1, this.#firstNeeded())
    const to = Math.min(options.upTo ?? Infinity, this.head)
    for (let step = 0; step <= to - from; step++) {
      const event = this.one(newestFirst ? to - step : from + step, options)
      if (event && page.add(event)) break
      if (step % STEPS === 0) await setImmediate()
    }
    return page
  }

  #rows({ events, instances, newestFirst = false, after, upTo = Infinity, limit }: ReadOptions): Iterable<StoredEvent> {
    const rows = this.#sql.read[newestFirst ? 'newestFirst' : 'oldestFirst'].iterate({
      after,
      upTo: Math.min(upTo, this.head),
      events: events ? JSON.stringify(events) : null,
      instances: instances ? JSON.stringify(instances) : null,
      limit
    })
    return Iterator.from(rows).map((row) => readEvent(this.#sql, row))
  }

  #walk(options: Omit<ReadOptions, 'limit'> & { instanceKey: number }): InstanceWalk {
    const { instanceKey, after, upTo = Infinity, newestFirst = false } = options
    return new InstanceWalk(
      { sql: this.#sql, segments: this.#segments },
      {
        instanceKey,
        after,
        last: Math.min(upTo, this.head),
        newestFirst,
        isWanted: (event) => isWanted(event, options)
      }
    )
  }

  /** The highest offset that was pruned, of an instance or of all. */
  #prunedTo(instanceKey: number | undefined): number {
    const { pruned_to: prunedTo, shares_pruned_to: all } = this.#sql.log.get() as Record<string, number>
    const ofShares = instanceKey === undefined ? (all as number) : this.#retained.prunedTo(instanceKey)
    return Math.max(prunedTo as number, ofShares)
  }

  /** The first offset, or a lower one in a damaged file; `null` if there is no event. */
  #first(): number | null {
    const first = this.#damage.attempt(() => this.#sql.firstOffset.get() as { first: number | null })
    return first ? first.first : this.#firstNeeded()
  }

  /** A lower bound of the first offset: of what was pruned, only pending deliveries and dead letters kept their events. */
  #firstNeeded(): number {
    return Math.min(this.#sql.firstNeeded.get()?.first as number, this.#pending.lanes.first()?.offset ?? Infinity)
  }
}

function isWanted(event: StoredEvent, { instanceKey, events, instances }: Narrowing): boolean {
  return (
    (instanceKey === undefined || event.instanceKey === instanceKey) &&
    (events?.includes(event.event) ?? true) &&
    (instances?.includes(event.instance) ?? true)
  )
}
