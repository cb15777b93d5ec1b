import { setImmediate } from 'node:timers/promises'
import { Page, takeEvents } from './page.ts'
import type { SqlitePending } from './pending.ts'
import { segmentOf } from './segment.ts'
import type { SqliteSegments } from './segments.ts'
import { toEvent } from '../rows.ts'
import type { SqliteDamage } from './damage.ts'
import type { SqliteEpoch } from './epoch.ts'
import { headOf, type Statements } from './statements.ts'
import type { CommonHistory, LogRange, ReadOptions } from '../log-store.ts'
import type { StoredEvent } from '../../events/event.ts'

type Narrowing = Pick<ReadOptions, 'instanceKey' | 'events' | 'instances'>

export interface LogReadsOptions {
  sql: Statements
  damage: SqliteDamage
  epoch: SqliteEpoch
  segments: SqliteSegments
  pending: SqlitePending
}

/** Events that are read one by one before the event loop turns. */
const STEPS = 100

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
  #head: number

  constructor({ sql, damage, epoch, segments, pending }: LogReadsOptions) {
    this.#sql = sql
    this.#damage = damage
    this.#epoch = epoch
    this.#segments = segments
    this.#pending = pending
    this.#head = headOf(sql)
  }

  async events(options: ReadOptions): Promise<StoredEvent[]> {
    const { limit, maxBytes = Infinity } = options
    const page = this.#damage.attempt(() => takeEvents(this.#events(options), { limit, maxBytes }))
    return page ?? this.#eventsOneByOne(options)
  }

  range(): LogRange {
    const { pruned_to: prunedTo } = this.#sql.log.get() as { pruned_to: number }
    const head = this.head
    return { id: this.#epoch.id, first: this.#first() ?? (head === 0 ? 0 : head + 1), head, prunedTo }
  }

  commonWith(id: string): CommonHistory {
    const current = this.#epoch.id
    const upTo = id === current ? this.head : this.#sql.epochEnd.get(id)?.offset
    return { id: current, upTo: (upTo as number | undefined) ?? 0 }
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
      const event = toEvent(row)
      return isWanted(event, narrowing) && !this.#damage.spoils(event) ? event : undefined
    } catch (error) {
      this.#damage.met(error, offset)
      return undefined
    }
  }

  async #eventsOneByOne(options: ReadOptions): Promise<StoredEvent[]> {
    const { newestFirst = false, limit, maxBytes = Infinity } = options
    const page = new Page({ limit, maxBytes })
    const from = Math.max(options.after + 1, this.#firstNeeded())
    const to = Math.min(options.upTo ?? Infinity, this.head)
    for (let step = 0; step <= to - from; step++) {
      const event = this.one(newestFirst ? to - step : from + step, options)
      if (event && page.add(event)) break
      if (step % STEPS === 0) await setImmediate()
    }
    return page.events
  }

  #events(options: ReadOptions): Iterable<StoredEvent> {
    const { instanceKey, events, instances, newestFirst = false, after, upTo = Infinity, limit } = options
    if (instanceKey !== undefined) return this.#ofInstance(instanceKey, options)
    const rows = this.#sql.read[newestFirst ? 'newestFirst' : 'oldestFirst'].iterate({
      after,
      upTo: Math.min(upTo, this.head),
      events: events ? JSON.stringify(events) : null,
      instances: instances ? JSON.stringify(instances) : null,
      limit
    })
    return Iterator.from(rows).map(toEvent)
  }

  /** Events of one instance, segment after segment; a segment is read when its first event is asked for. */
  *#ofInstance(instanceKey: number, { newestFirst, after, upTo, ...narrowing }: ReadOptions): Generator<StoredEvent> {
    const first = this.#first()
    if (first === null) return
    const last = Math.min(upTo ?? Infinity, this.head)
    const from = segmentOf(Math.max(after, first))
    const to = segmentOf(last)
    for (let passed = 0; passed <= to - from; passed++) {
      const offsets = this.#segments.offsets(newestFirst ? to - passed : from + passed, instanceKey)
      for (const offset of newestFirst ? offsets.toReversed() : offsets) {
        const row = offset > after && offset <= last && this.#sql.readOne.get(offset)
        if (!row) continue
        const event = toEvent(row)
        if (isWanted(event, { ...narrowing, instanceKey })) yield event
      }
    }
  }

  /** The first offset, or a lower one in a damaged file; `null` if there is no event. */
  #first(): number | null {
    const first = this.#damage.attempt(() => this.#sql.firstOffset.get() as { first: number | null })
    return first ? first.first : this.#firstNeeded()
  }

  /** A lower bound of the first offset: of what was pruned, only pending deliveries and dead letters kept their events. */
  #firstNeeded(): number {
    return Math.min(this.#sql.firstNeeded.get()?.first as number, this.#pending.lanes.first())
  }
}

function isWanted(event: StoredEvent, { instanceKey, events, instances }: Narrowing): boolean {
  return (
    (instanceKey === undefined || event.instanceKey === instanceKey) &&
    (events?.includes(event.event) ?? true) &&
    (instances?.includes(event.instance) ?? true)
  )
}
