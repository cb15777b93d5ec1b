import { setImmediate } from 'node:timers/promises'
import { EVENT_DAMAGED } from '../../errors.ts'
import { eventSize } from '../../events/messages.ts'
import { SEGMENT_BITS } from './migrations.ts'
import { type Row, toDeadLetter, toEvent } from '../rows.ts'
import type { SqliteDamage } from './damage.ts'
import type { SqliteQueues } from './queues.ts'
import type { Statements } from './statements.ts'
import type { DeadLetter, DeadLetterPage } from '../dead-letter-store.ts'
import type { DeliveryRef, Failure, LaneKey } from '../delivery-store.ts'
import type { LogRange, ReadOptions } from '../log-store.ts'
import type { StoredEvent } from '../../events/event.ts'

export interface SqliteReadsOptions {
  sql: Statements
  queues: SqliteQueues
  damage: SqliteDamage
  /** The name of an instance; `undefined`: it is gone. */
  nameOf: (instanceKey: number) => string | undefined
  bury: (delivery: DeliveryRef, failure: Failure) => Promise<void>
}

const DAMAGED = 'The event is damaged where it is stored, and cannot be read'

interface PageLimits {
  limit: number
  maxBytes: number
}

/** Events that are read one by one before the event loop turns. */
const STEPS = 100

/**
 * What is asked of SQLite and changes nothing. Of a damaged file events are read one by one, each by its number: a broken
 * tree ends a scan, leads it in circles, or past most of what there is. What cannot be read is left out.
 */
export class SqliteReads {
  readonly #options: SqliteReadsOptions

  constructor(options: SqliteReadsOptions) {
    this.#options = options
  }

  async events(options: ReadOptions): Promise<StoredEvent[]> {
    const { limit, maxBytes = Infinity } = options
    const page = this.#unlessDamaged(() => takeEvents(this.#rows(options), { limit, maxBytes }))
    return page ?? this.#eventsOneByOne(options)
  }

  async lane(lane: LaneKey, options: PageLimits & { after: number }): Promise<StoredEvent[]> {
    const { sql, queues } = this.#options
    const queueKey = queues.find(lane.queue)
    if (queueKey === undefined) return []
    const { after, limit } = options
    const rows = () => sql.readLane.iterate(queueKey, lane.instanceKey, after, limit)
    const page = this.#unlessDamaged(() => takeEvents(rows(), options))
    return page ?? this.#laneOneByOne(lane, queueKey, options)
  }

  range(): LogRange {
    const { id, pruned_to: prunedTo } = this.#options.sql.log.get() as { id: string; pruned_to: number }
    const last = this.last()
    return { id, first: this.#first() ?? (last === 0 ? 0 : last + 1), last, prunedTo }
  }

  last(): number {
    return (this.#options.sql.lastOffset.get()?.seq as number | undefined) ?? 0
  }

  deadLetters({ after, upTo, limit, ids, instance, queue, reason }: DeadLetterPage): DeadLetter[] {
    const { sql, damage } = this.#options
    const narrowed = {
      after,
      upTo: upTo ?? Number.MAX_SAFE_INTEGER,
      ids: ids ? JSON.stringify(ids) : null,
      queue: queue ?? null,
      reason: reason ?? null
    }
    try {
      return sql.readDeadLetters.all({ ...narrowed, instance: instance ?? null, limit }).map(toDeadLetter)
    } catch (error) {
      damage.met(error)
    }
    // One of their events cannot be read: what is known without it must do.
    return sql.deadLettersAlone
      .all(narrowed)
      .map((row) => toDeadLetter({ ...row, ...this.#namesOf(row) }))
      .filter((letter) => instance === undefined || letter.instance === instance)
      .slice(0, limit)
  }

  /** @returns nothing, if damage was known before or is met */
  #unlessDamaged<T>(work: () => T): T | undefined {
    const { damage } = this.#options
    if (damage.suspected) return undefined
    try {
      return work()
    } catch (error) {
      damage.met(error)
      return undefined
    }
  }

  async #eventsOneByOne(options: ReadOptions): Promise<StoredEvent[]> {
    const { newestFirst = false, limit, maxBytes = Infinity } = options
    const page = new Page({ limit, maxBytes })
    const from = Math.max(options.after + 1, this.#firstNeeded())
    const to = Math.min(options.upTo ?? Infinity, this.last())
    for (let step = 0; step <= to - from; step++) {
      const event = this.#event(newestFirst ? to - step : from + step, options)
      if (event && page.add(event)) break
      if (step % STEPS === 0) await setImmediate()
    }
    return page.events
  }

  /** What is damaged is given up on, so that what is behind it goes on. */
  async #laneOneByOne(
    { queue, instanceKey }: LaneKey,
    queueKey: number,
    { after, ...limits }: PageLimits & { after: number }
  ): Promise<StoredEvent[]> {
    const { sql, bury } = this.#options
    const page = new Page(limits)
    const offsets = sql.laneOffsets.all(queueKey, instanceKey, after, limits.limit).map((row) => row.offset as number)
    for (const offset of offsets) {
      const event = this.#event(offset, {})
      if (event && page.add(event)) return page.events
      if (!event) await bury({ queue, instanceKey, offset }, { reason: EVENT_DAMAGED, message: DAMAGED, attempts: 0 })
    }
    // An empty page is the end of the lane.
    const last = offsets.at(-1)
    if (page.events.length > 0 || last === undefined) return page.events
    return this.#laneOneByOne({ queue, instanceKey }, queueKey, { after: last, ...limits })
  }

  #namesOf({ offset, instance_key: key }: Row) {
    const event = this.#event(offset as number, {})
    const instance = event?.instance ?? this.#options.nameOf(key as number) ?? ''
    return { instance, event: event?.event ?? '', event_id: event?.id ?? '' }
  }

  /** An event by its number; `undefined`: it is not there, not of those that are asked for, or damaged. */
  #event(offset: number, { instanceKey, events, instances }: Partial<ReadOptions>): StoredEvent | undefined {
    const { sql, damage } = this.#options
    try {
      const row = sql.readOne.get(offset)
      if (!row) return undefined
      const event = toEvent(row)
      const wanted =
        (instanceKey === undefined || event.instanceKey === instanceKey) &&
        (events?.includes(event.event) ?? true) &&
        (instances?.includes(event.instance) ?? true)
      return wanted && !damage.spoils(event) ? event : undefined
    } catch (error) {
      damage.met(error, offset)
      return undefined
    }
  }

  #rows({ instanceKey, events, instances, newestFirst = false, after, upTo, limit }: ReadOptions): Iterable<Row> {
    const read = this.#options.sql.read[newestFirst ? 'newestFirst' : 'oldestFirst']
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

  /** One segment of the log after the other, for as long as rows are taken. */
  *#segments(
    { after, upTo }: { after: number; upTo: number },
    rows: (segment: number) => Iterable<Row>,
    newestFirst: boolean
  ): Generator<Row> {
    const first = this.#first()
    if (first === null) return
    const start = segmentOf(Math.max(after, first))
    const end = segmentOf(Math.min(upTo, this.last()))
    for (let passed = 0; passed <= end - start; passed++) yield* rows(newestFirst ? end - passed : start + passed)
  }

  /** The first offset; of a damaged file one that none is before. `null`: there is no event. */
  #first(): number | null {
    const { sql } = this.#options
    const first = this.#unlessDamaged(() => sql.firstOffset.get() as { first: number | null })
    return first ? first.first : this.#firstNeeded()
  }

  /** Of what was pruned only what is pending or dead is left. */
  #firstNeeded(): number {
    return this.#options.sql.firstNeeded.get()?.first as number
  }
}

/** Events up to a number, ending with the one that reaches `maxBytes`. */
class Page {
  readonly events: StoredEvent[] = []
  readonly #limits: PageLimits
  #bytes = 0

  constructor(limits: PageLimits) {
    this.#limits = limits
  }

  /** @returns whether it is full now */
  add(event: StoredEvent): boolean {
    this.events.push(event)
    this.#bytes += eventSize(event)
    return this.events.length >= this.#limits.limit || this.#bytes >= this.#limits.maxBytes
  }
}

/** As many as are asked for; ends with the event that reaches `maxBytes`. */
export function takeEvents(rows: Iterable<Row>, limits: PageLimits): StoredEvent[] {
  const page = new Page(limits)
  for (const row of rows) if (page.add(toEvent(row))) break
  return page.events
}

/** The segment of the log that an offset lies in. */
function segmentOf(offset: number): number {
  return Math.floor(offset / 2 ** SEGMENT_BITS)
}
