import type { PostgresPool } from './connection.ts'
import { EVENT_COLUMNS, type Row } from '../rows.ts'

/** The driver has no infinite number: this one stands for "no limit". */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER

export interface PageLimits {
  limit: number
  maxBytes: number
}

/**
 * Rows of events by offset, up to the one that reaches `maxBytes`, each with the characters of those before it (`ahead`)
 * and the version of the directory and the epoch of the log.
 * @param from the rest of the statement behind `FROM`, with the events as `e`
 * @param values the arguments of `from`
 */
export function eventRows(
  pool: PostgresPool,
  from: string,
  values: readonly unknown[],
  { limit, maxBytes, newestFirst = false }: PageLimits & { newestFirst?: boolean }
): Promise<Row[]> {
  const order = newestFirst ? '"offset" DESC' : '"offset"'
  return pool.query(
    `SELECT * FROM (
      SELECT p.*, sum(p.size) OVER (ORDER BY p.${order}) - p.size AS ahead FROM (
        SELECT ${EVENT_COLUMNS}, e.size,
          (SELECT value FROM ${pool.schema}.counters WHERE name = 'directory') AS directory_version,
          (SELECT l.id FROM ${pool.schema}.log l) AS epoch
        FROM ${from} ORDER BY e.${order} LIMIT $${values.length + 1}
      ) p
    ) p WHERE ahead < $${values.length + 2} ORDER BY ${order}`,
    [...values, limit, Math.min(maxBytes, NO_LIMIT)]
  )
}

/** The offset up to which rows by ascending offset are complete, as they were asked for up to `upTo`. */
export function reachedBy(rows: readonly Row[], { limit, maxBytes }: PageLimits, upTo: number): number {
  const last = rows.at(-1)
  const bytes = last ? Number(last.ahead) + Number(last.size) : 0
  return last !== undefined && (rows.length === limit || bytes >= maxBytes) ? (last.offset as number) : upTo
}
