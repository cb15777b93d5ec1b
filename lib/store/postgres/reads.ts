import { partitionOf } from '../partitions.ts'
import type { PostgresPool } from './connection.ts'
import { EVENT_COLUMNS, toDeadLetter, toEvent, type Row } from '../rows.ts'
import type { DeadLetter, DeadLetterPage } from '../dead-letter-store.ts'
import type { LaneKey } from '../delivery-store.ts'
import type { LogRange, ReadOptions } from '../log-store.ts'
import type { StoredEvent } from '../../events/event.ts'

/** What the driver passes for no limit. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER

interface Page {
  limit: number
  maxBytes: number
}

/** What is asked of PostgreSQL and changes nothing. Plans are made for each query: what fits depends on what is asked. */
export class PostgresReads {
  readonly #pool: PostgresPool
  readonly #schema: string

  constructor(pool: PostgresPool, schema: string) {
    this.#pool = pool
    this.#schema = schema
  }

  async events(options: ReadOptions): Promise<StoredEvent[]> {
    const { instanceKey, events, instances, after, upTo, newestFirst = false, limit, maxBytes } = options
    const values: unknown[] = [after, upTo ?? NO_LIMIT]
    const also = (column: string, value: unknown) =>
      value === undefined ? '' : ` AND e.${column} = ANY ($${values.push(value)})`
    const narrowed =
      also('instance_key', instanceKey === undefined ? undefined : [instanceKey]) +
      also('event', events) +
      also('instance', instances)
    const from = `${this.#schema}.events e WHERE e."offset" > $1 AND e."offset" <= $2${narrowed}`
    return (await this.#page(from, values, { limit, maxBytes: maxBytes ?? NO_LIMIT, newestFirst })).map(toEvent)
  }

  /**
   * A stretch of the log for who follows it, of these instances or of all, with the version that the directory had then.
   * @returns how far the stretch reaches if it is not cut short
   */
  async stretch(
    { after, upTo, instanceKeys }: { after: number; upTo: number; instanceKeys: readonly number[] | undefined },
    page: Page
  ): Promise<{ events: StoredEvent[]; reached: number; directory: number }> {
    const values: unknown[] = [after, upTo]
    const narrowed = instanceKeys ? ` AND e.instance_key = ANY ($${values.push(instanceKeys)})` : ''
    const from = `${this.#schema}.events e WHERE e."offset" > $1 AND e."offset" <= $2${narrowed}`
    const rows = await this.#page(from, values, page)
    const events = rows.map(toEvent)
    const last = rows.at(-1)
    const bytes = last ? Number(last.ahead) + Number(last.size) : 0
    const cut = last !== undefined && (rows.length === page.limit || bytes >= page.maxBytes)
    return { events, reached: cut ? (last.offset as number) : upTo, directory: (last?.directory as number) ?? 0 }
  }

  async lane({ queue, instanceKey }: LaneKey, { after, ...page }: Page & { after: number }): Promise<StoredEvent[]> {
    const from = `(
      SELECT d."offset" FROM ${this.#schema}.deliveries d
      WHERE d.partition = $1 AND d.instance_key = $2
      AND d.queue_key = (SELECT key FROM ${this.#schema}.queues WHERE name = $3) AND d."offset" > $4
      ORDER BY d."offset" LIMIT $5
    ) d JOIN ${this.#schema}.events e ON e."offset" = d."offset"`
    const values = [partitionOf(instanceKey), instanceKey, queue, after, page.limit]
    return (await this.#page(from, values, page)).map(toEvent)
  }

  async range(): Promise<LogRange> {
    const row = await this.#pool.one(`
      SELECT id, last_offset, pruned_to, (SELECT min("offset") FROM ${this.#schema}.events) AS first FROM ${this.#schema}.log`)
    // The columns are there, and are never null: only `first` can be.
    const [id, last, prunedTo] = [row.id as string, row.last_offset as number, row.pruned_to as number]
    return { id, first: (row.first as number | null) ?? (last === 0 ? 0 : last + 1), last, prunedTo }
  }

  /** Lanes with something pending: all, or those of these partitions. */
  lanes(partitions?: readonly number[]): Promise<LaneKey[]> {
    return partitions ? this.#lanes('d.partition = ANY ($1)', [partitions]) : this.#lanes('true', [])
  }

  /** The same, of what became pending by events after one offset and up to another. */
  newLanes({ after, upTo }: { after: number; upTo: number }, partitions: readonly number[]): Promise<LaneKey[]> {
    return this.#lanes('d."offset" > $1 AND d."offset" <= $2 AND d.partition = ANY ($3)', [after, upTo, partitions])
  }

  /** The same, of what became pending again by redrives after this one. */
  redrivenLanes(after: number, partitions: readonly number[]): Promise<LaneKey[]> {
    return this.#lanes('d.redrive > $1 AND d.partition = ANY ($2)', [after, partitions])
  }

  async oldestPending(): Promise<number | null> {
    const row = await this.#pool.one(`
      SELECT (SELECT accepted_at FROM ${this.#schema}.events WHERE "offset" = (
        SELECT min("offset") FROM ${this.#schema}.deliveries
      )) AS accepted_at`)
    return row.accepted_at as number | null
  }

  async pendingCount(): Promise<number> {
    return (await this.#pool.one(`SELECT count(*) AS count FROM ${this.#schema}.deliveries`)).count as number
  }

  async deadLetters(page: DeadLetterPage): Promise<DeadLetter[]> {
    const text = `SELECT * FROM ${this.#schema}.dead_letter_page($1, $2, $3, $4, $5, $6, $7)`
    return (await this.#pool.query(text, pageValues(page))).map(toDeadLetter)
  }

  async deadLetterCount(): Promise<{ count: number; lastId: number }> {
    const row = await this.#pool.one(`
      SELECT count(*) AS count, coalesce(pg_sequence_last_value('${this.#schema}.dead_letters_id_seq'), 0) AS last_id
      FROM ${this.#schema}.dead_letters`)
    return { count: row.count as number, lastId: row.last_id as number }
  }

  /** Rows of events by offset, up to the one that reaches `maxBytes`. */
  #page(
    from: string,
    values: unknown[],
    { limit, maxBytes, newestFirst = false }: Page & { newestFirst?: boolean }
  ): Promise<Row[]> {
    const order = newestFirst ? '"offset" DESC' : '"offset"'
    const limits = [values.push(limit), values.push(Math.min(maxBytes, NO_LIMIT))]
    return this.#pool.query(
      `SELECT * FROM (
        SELECT p.*, sum(p.size) OVER (ORDER BY p.${order}) - p.size AS ahead FROM (
          SELECT ${EVENT_COLUMNS}, e.size,
            (SELECT value FROM ${this.#schema}.counters WHERE name = 'directory') AS directory
          FROM ${from} ORDER BY e.${order} LIMIT $${limits[0]}
        ) p
      ) p WHERE ahead < $${limits[1]} ORDER BY ${order}`,
      values
    )
  }

  async #lanes(which: string, values: unknown[]): Promise<LaneKey[]> {
    const rows = await this.#pool.query(
      `SELECT q.name, d.instance_key FROM (
        SELECT DISTINCT d.queue_key, d.instance_key FROM ${this.#schema}.deliveries d WHERE ${which}
      ) d JOIN ${this.#schema}.queues q ON q.key = d.queue_key`,
      values
    )
    return rows.map((row) => ({ queue: row.name as string, instanceKey: row.instance_key as number }))
  }
}

/** The arguments of the functions that take a page of dead letters. */
export function pageValues({ after, upTo, limit, ids, instance, queue, reason }: DeadLetterPage): unknown[] {
  return [after, upTo ?? NO_LIMIT, limit, ids ?? null, instance ?? null, queue ?? null, reason ?? null]
}
