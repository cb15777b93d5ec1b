import type { PostgresPool } from './connection.ts'
import { IN_PARTS } from '../../events/event.ts'
import type { PageLimits } from '../log-store.ts'
import { EVENT_COLUMNS, type Row } from '../rows.ts'

/** The driver has no infinite number: this one stands for "no limit". */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER

/** The columns of the indexes by which pages are read. */
export const BY_OFFSET = ['e."offset"'] as const
export const BY_INSTANCE = ['e.instance_key', 'e."offset"'] as const

interface PageOrder {
  newestFirst: boolean
  columns: readonly string[]
}

/** The condition of a page. No index but the one with these columns has its bounds and its order, whatever the statistics say. */
export function between(columns: readonly string[], after: string, upTo: string): string {
  return `(${columns.join()}) > (${after}) AND (${columns.join()}) <= (${upTo})`
}

/**
 * Rows of events by offset, up to the one that reaches `maxBytes`, each with the characters of those before it (`ahead`)
 * and the version of the directory and the epoch of the log.
 * @param from the rest of the statement behind `FROM`, with the events as `e`
 * @param values the arguments of `from`
 * @param limits `columns`: the columns by which the events are in order, those of an index
 */
export function eventRows(
  pool: PostgresPool,
  from: string,
  values: readonly unknown[],
  { limit, maxBytes, newestFirst = false, columns = BY_OFFSET }: PageLimits & Partial<PageOrder>
): Promise<Row[]> {
  const direction = newestFirst ? 'DESC' : 'ASC'
  const order = `"offset" ${direction}`
  const places = columns.map((column) => `${column} ${direction}`).join()
  return pool.query(
    `SELECT p.*, ${wholeData(pool.schema)} FROM (
      SELECT p.*, sum(p.size) OVER (ORDER BY p.${order}) - p.size AS ahead FROM (
        SELECT ${EVENT_COLUMNS}, e.size,
          (SELECT value FROM ${pool.schema}.counters WHERE name = 'directory') AS directory_version,
          (SELECT l.id FROM ${pool.schema}.log l) AS epoch
        FROM ${from} ORDER BY ${places} LIMIT $${values.length + 1}
      ) p
    ) p WHERE ahead < $${values.length + 2} ORDER BY ${order}`,
    [...values, limit, Math.min(maxBytes, NO_LIMIT)]
  )
}

/** A column with the data of the event `p` that is in parts, for the rows that are returned in the end. */
export function wholeData(schema: string): string {
  return `CASE WHEN p.flags & ${IN_PARTS} <> 0 THEN (
    SELECT string_agg(t.data, '' ORDER BY t.nth) FROM ${schema}.parts t WHERE t.key = (p.data::json ->> 'parts')::uuid
  ) END AS whole`
}

/** The offset up to which rows by ascending offset are complete, as they were asked for up to `upTo`. */
export function reachedBy(rows: readonly Row[], { limit, maxBytes }: PageLimits, upTo: number): number {
  const last = rows.at(-1)
  const bytes = last ? Number(last.ahead) + Number(last.size) : 0
  return last !== undefined && (rows.length === limit || bytes >= maxBytes) ? (last.offset as number) : upTo
}

/** What the pages of one query are to have; `null`: all. */
export interface PageOf {
  instanceKey: number | null
  events: readonly string[] | null
  instances: readonly string[] | null
  after: number
  upTo: number
}

/**
 * Rows of several pages, by page and offset, as `eventRows` returns them, with the `place` of their page in the list and
 * `pruned_to` of the page. A page without events has one row without an offset.
 */
export function pageRows(
  pool: PostgresPool,
  pages: readonly PageOf[],
  { limit, maxBytes }: PageLimits
): Promise<Row[]> {
  const { schema } = pool
  const isOfInstances = pages.every(({ instanceKey }) => instanceKey !== null)
  const columns = isOfInstances ? BY_INSTANCE : BY_OFFSET
  const ofInstance = isOfInstances ? 'w.instance_key, ' : ''
  const isNarrowed = pages.some(({ events, instances }) => events !== null || instances !== null)
  const narrowed = isNarrowed
    ? 'AND (w.events IS NULL OR w.events::jsonb ? e.event) AND (w.instances IS NULL OR w.instances::jsonb ? e.instance)'
    : ''
  const names = (list: readonly string[] | null) => list && JSON.stringify(list)
  return pool.query(
    `SELECT w.place::integer, l.id AS epoch, greatest(l.pruned_to, CASE WHEN w.instance_key IS NULL THEN l.shares_pruned_to
      ELSE (SELECT s.pruned_to FROM ${schema}.shares s WHERE s.instance_key = w.instance_key) END) AS pruned_to, p.*,
      ${wholeData(schema)}
    FROM ${schema}.log l
    CROSS JOIN unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
      WITH ORDINALITY AS w (instance_key, after, up_to, events, instances, place)
    LEFT JOIN LATERAL (
      SELECT * FROM (
        SELECT e.*, sum(e.size) OVER (ORDER BY e."offset") - e.size AS ahead FROM (
          SELECT ${EVENT_COLUMNS}, e.size FROM ${schema}.events e
          WHERE ${between(columns, `${ofInstance}w.after`, `${ofInstance}w.up_to`)} ${narrowed}
          ORDER BY ${columns.join()} LIMIT $6
        ) e
      ) e WHERE ahead < $7
    ) p ON true
    ORDER BY w.place, p."offset"`,
    [
      pages.map(({ instanceKey }) => instanceKey),
      pages.map(({ after }) => after),
      pages.map(({ upTo }) => upTo),
      pages.map(({ events }) => names(events)),
      pages.map(({ instances }) => names(instances)),
      limit,
      Math.min(maxBytes, NO_LIMIT)
    ]
  )
}
