import type { PostgresPool } from './connection.ts'
import type { AcceptedEvent } from '../last-before.ts'
import { between, BY_INSTANCE, BY_OFFSET, eventRows, NO_LIMIT, pageRows, type PageOf, reachedBy } from './page.ts'
import { type Row, toEvent, toEventSum } from '../rows.ts'
import type {
  EventSum,
  LogPage,
  LogRange,
  PageLimits,
  PageRequest,
  ReadOptions,
  ReadPagesOptions,
  SumsOptions
} from '../log-store.ts'
import type { StoredEvent } from '../../events/event.ts'

/** What else a read of the tail has found, at the moment of its events. */
export interface Found {
  directoryVersion: number
  epoch: string
}

/** Offsets that a page covers if it is filtered by names, which have no index. */
const WINDOW = 10_000

/** Instances that one statement looks at. */
const INSTANCES = 1_000

/** Reads events of the log. Statements are not prepared: which plan is best depends on what is asked. */
export class PostgresLogReads {
  readonly #pool: PostgresPool

  constructor(pool: PostgresPool) {
    this.#pool = pool
  }

  async events(options: ReadOptions): Promise<StoredEvent[]> {
    const { instanceKey, events, instances, after, upTo, newestFirst = false, limit, maxBytes = NO_LIMIT } = options
    const values: unknown[] = [after, upTo ?? NO_LIMIT]
    const also = (column: string, value: unknown) =>
      value === undefined ? '' : ` AND e.${column} = ANY ($${values.push(value)})`
    const columns = instanceKey === undefined ? BY_OFFSET : BY_INSTANCE
    const ofInstance = instanceKey === undefined ? '' : `$${values.push(instanceKey)}, `
    const narrowed = also('event', events) + also('instance', instances)
    const from = `${this.#pool.schema}.events e WHERE ${between(columns, `${ofInstance}$1`, `${ofInstance}$2`)}${narrowed}`
    return (await eventRows(this.#pool, from, values, { limit, maxBytes, newestFirst, columns })).map(toEvent)
  }

  async withIds(instanceKey: number, ids: readonly string[]): Promise<StoredEvent[]> {
    const from = `${this.#pool.schema}.events e WHERE e.instance_key = $1 AND e.id = ANY ($2)`
    return (await eventRows(this.#pool, from, [instanceKey, ids], { limit: NO_LIMIT, maxBytes: NO_LIMIT })).map(toEvent)
  }

  /** Implements `LogStore.instanceKeysOf`. */
  async instanceKeysOf(name: string): Promise<number[]> {
    const { schema } = this.#pool
    const found: number[] = []
    let rows: Row[] = []
    do {
      // From each key to the next one in the index, so that no more than an event of each instance is read.
      rows = await this.#pool.query(
        `WITH RECURSIVE k(key, place) AS (
          SELECT min(e.instance_key), 1 FROM ${schema}.events e WHERE e.instance_key > $1
          UNION ALL
          SELECT (SELECT min(e.instance_key) FROM ${schema}.events e WHERE e.instance_key > k.key), k.place + 1
          FROM k WHERE k.key IS NOT NULL AND k.place < ${INSTANCES}
        )
        SELECT k.key, (
          SELECT e.instance FROM ${schema}.events e WHERE e.instance_key = k.key ORDER BY e."offset" LIMIT 1
        ) = $2 AS named FROM k WHERE k.key IS NOT NULL ORDER BY k.key`,
        [rows.at(-1)?.key ?? 0, name]
      )
      for (const { key, named } of rows) if (named) found.push(key as number)
    } while (rows.length === INSTANCES)
    return found
  }

  /**
   * Events of a stretch of the log, of these instances or of all.
   * @returns `reached`: the offset up to which the page has all of them; `found`: only if there are any
   */
  async stretch(
    { after, upTo, instanceKeys }: { after: number; upTo: number; instanceKeys: readonly number[] | undefined },
    page: PageLimits
  ): Promise<{ events: StoredEvent[]; reached: number; found: Found | undefined }> {
    const values: unknown[] = [after, upTo]
    const narrowed = instanceKeys ? ` AND e.instance_key = ANY ($${values.push(instanceKeys)})` : ''
    const from = `${this.#pool.schema}.events e WHERE e."offset" > $1 AND e."offset" <= $2${narrowed}`
    const rows = await eventRows(this.#pool, from, values, page)
    const last = rows.at(-1)
    return {
      events: rows.map(toEvent),
      reached: reachedBy(rows, page, upTo),
      found: last && { directoryVersion: last.directory_version as number, epoch: last.epoch as string }
    }
  }

  /** As `LogStore.readPages`, with the epoch of the log at that moment. */
  async pages(
    requests: readonly PageRequest[],
    { upTo, ...limits }: ReadPagesOptions
  ): Promise<{ pages: LogPage[]; epoch: string }> {
    const all = requests.map(({ instanceKey = null, events = null, instances = null, after }): PageOf => {
      const end = events || instances ? Math.min(upTo, after + WINDOW) : upTo
      return { instanceKey, events, instances, after, upTo: end }
    })
    const rows = new Map(all.map((page) => [page, { own: [] as Row[], prunedTo: 0 }]))
    let epoch = ''
    for (const pages of [
      all.filter(({ instanceKey }) => instanceKey !== null),
      all.filter(({ instanceKey }) => instanceKey === null)
    ]) {
      if (pages.length === 0) continue
      for (const row of await pageRows(this.#pool, pages, limits)) {
        // A place counts from 1.
        const page = rows.get(pages[(row.place as number) - 1] as PageOf) as { own: Row[]; prunedTo: number }
        if (row.offset !== null) page.own.push(row)
        page.prunedTo = row.pruned_to as number
        epoch = row.epoch as string
      }
    }
    return {
      pages: [...rows].map(([{ upTo: end }, { own, prunedTo }]) => ({
        events: own.map(toEvent),
        reached: reachedBy(own, limits, end),
        prunedTo
      })),
      epoch
    }
  }

  /** The first event after an offset; `undefined` if there is none. */
  async accepted(after: number): Promise<AcceptedEvent | undefined> {
    const [row] = await this.#pool.query(
      `SELECT "offset", accepted_at FROM ${this.#pool.schema}.events WHERE "offset" > $1 ORDER BY "offset" LIMIT 1`,
      [after]
    )
    return row && { offset: row.offset as number, acceptedAt: row.accepted_at as number }
  }

  /** Implements `LogStore.sums`. */
  async sums({ after, upTo, partMs }: SumsOptions): Promise<EventSum[]> {
    // `max` of a text that begins with the offset yields the name at the highest offset. A sorted list takes twice as long.
    const rows = await this.#pool.query(
      `SELECT e.instance_key, e.instance, substr(max(lpad(e."offset"::text, 20, '0') || e.event), 21) AS event,
        max(e."offset") AS "offset", max(e.accepted_at) AS accepted_at, count(*) AS count
      FROM ${this.#pool.schema}.events e WHERE e."offset" > $1 AND e."offset" <= $2
      GROUP BY e.instance_key, e.instance, e.accepted_at / $3`,
      [after, upTo, partMs]
    )
    return rows.map(toEventSum)
  }

  async acceptedAt(offsets: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const { schema } = this.#pool
    const rows = await this.#pool.query(
      `SELECT e."offset", e.accepted_at FROM ${schema}.events e WHERE e."offset" = ANY ($1)`,
      [offsets]
    )
    return new Map(rows.map((row) => [row.offset as number, row.accepted_at as number]))
  }

  async range(instanceKey: number | undefined): Promise<LogRange> {
    const { schema } = this.#pool
    const ofShares =
      instanceKey === undefined
        ? 'shares_pruned_to'
        : `(SELECT s.pruned_to FROM ${schema}.shares s WHERE s.instance_key = ${instanceKey})`
    const row = await this.#pool.one(
      `SELECT id, last_offset, greatest(pruned_to, ${ofShares}) AS pruned_to,
        (SELECT min("offset") FROM ${schema}.events) AS first FROM ${schema}.log`
    )
    // Only `first` can be null.
    const [id, head, prunedTo] = [row.id as string, row.last_offset as number, row.pruned_to as number]
    return { id, first: (row.first as number | null) ?? (head === 0 ? 0 : head + 1), head, prunedTo }
  }
}
