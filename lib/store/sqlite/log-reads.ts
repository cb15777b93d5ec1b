import { setImmediate } from 'node:timers/promises'
import { SEGMENT_BITS } from './migrations.ts'
import { Page, takeEvents } from './page.ts'
import { type Row, toEvent } from '../rows.ts'
import type { SqliteDamage } from './damage.ts'
import type { Statements } from './statements.ts'
import type { LogRange, ReadOptions } from '../log-store.ts'
import type { StoredEvent } from '../../events/event.ts'

type Narrowing = Pick<ReadOptions, 'instanceKey' | 'events' | 'instances'>

/** Events that are read one by one before the event loop turns. */
const STEPS = 100

/**
 * Reads events of the log. In a damaged file events are read one by one, each by its offset, since a broken tree ends a scan
 * early, skips rows or never ends. Events that cannot be read are left out.
 */
export class SqliteLogReads {
  readonly #sql: Statements
  readonly #damage: SqliteDamage

  constructor({ sql, damage }: { sql: Statements; damage: SqliteDamage }) {
    this.#sql = sql
    this.#damage = damage
  }

  async events(options: ReadOptions): Promise<StoredEvent[]> {
    const { limit, maxBytes = Infinity } = options
    const page = this.#damage.attempt(() => takeEvents(this.#rows(options), { limit, maxBytes }))
    return page ?? this.#eventsOneByOne(options)
  }

  range(): LogRange {
    const { id, pruned_to: prunedTo } = this.#sql.log.get() as { id: string; pruned_to: number }
    const head = this.head()
    return { id, first: this.#first() ?? (head === 0 ? 0 : head + 1), head, prunedTo }
  }

  /** The highest offset so far; 0: none. */
  head(): number {
    return (this.#sql.head.get()?.seq as number | undefined) ?? 0
  }

  /** The event at an offset; `undefined` if there is none, if it is not among those asked for, or if it is damaged. */
  one(offset: number, { instanceKey, events, instances }: Narrowing = {}): StoredEvent | undefined {
    try {
      const row = this.#sql.readOne.get(offset)
      if (!row) return undefined
      const event = toEvent(row)
      const wanted =
        (instanceKey === undefined || event.instanceKey === instanceKey) &&
        (events?.includes(event.event) ?? true) &&
        (instances?.includes(event.instance) ?? true)
      return wanted && !this.#damage.spoils(event) ? event : undefined
    } catch (error) {
      this.#damage.met(error, offset)
      return undefined
    }
  }

  async #eventsOneByOne(options: ReadOptions): Promise<StoredEvent[]> {
    const { newestFirst = false, limit, maxBytes = Infinity } = options
    const page = new Page({ limit, maxBytes })
    const from = Math.max(options.after + 1, this.#firstNeeded())
    const to = Math.min(options.upTo ?? Infinity, this.head())
    for (let step = 0; step <= to - from; step++) {
      const event = this.one(newestFirst ? to - step : from + step, options)
      if (event && page.add(event)) break
      if (step % STEPS === 0) await setImmediate()
    }
    return page.events
  }

  #rows({ instanceKey, events, instances, newestFirst = false, after, upTo, limit }: ReadOptions): Iterable<Row> {
    const read = this.#sql.read[newestFirst ? 'newestFirst' : 'oldestFirst']
    const narrowed = {
      after,
      upTo: upTo ?? Number.MAX_SAFE_INTEGER,
      events: events ? JSON.stringify(events) : null,
      instances: instances ? JSON.stringify(instances) : null,
      limit
    }
    return instanceKey === undefined
      ? read.all.iterate(narrowed)
      : this.#segments(narrowed, (segment) => read.segment.iterate({ ...narrowed, segment, instanceKey }), newestFirst)
  }

  /** Rows of one segment of the log after the other; a segment is read when its first row is asked for. */
  *#segments(
    { after, upTo }: { after: number; upTo: number },
    rows: (segment: number) => Iterable<Row>,
    newestFirst: boolean
  ): Generator<Row> {
    const first = this.#first()
    if (first === null) return
    const start = segmentOf(Math.max(after, first))
    const end = segmentOf(Math.min(upTo, this.head()))
    for (let passed = 0; passed <= end - start; passed++) yield* rows(newestFirst ? end - passed : start + passed)
  }

  /** The first offset, or a lower one in a damaged file; `null` if there is no event. */
  #first(): number | null {
    const first = this.#damage.attempt(() => this.#sql.firstOffset.get() as { first: number | null })
    return first ? first.first : this.#firstNeeded()
  }

  /** A lower bound of the first offset: of what was pruned, only pending deliveries and dead letters kept their events. */
  #firstNeeded(): number {
    return this.#sql.firstNeeded.get()?.first as number
  }
}

/** The segment of the log that an offset lies in. */
function segmentOf(offset: number): number {
  return Math.floor(offset / 2 ** SEGMENT_BITS)
}
