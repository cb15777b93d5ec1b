import { textArray } from './binary-array.ts'
import type { PostgresPool } from './connection.ts'
import type { QueueDeletions } from '../queue-deletions.ts'

/** Milliseconds after which an announcement is forgotten: its node has stopped. */
const ANNOUNCED_MS = 24 * 3_600_000

/** Deletions of queues in a table that all nodes share, by the clock of the database. */
export class PostgresQueueDeletions implements QueueDeletions {
  readonly #pool: PostgresPool

  constructor(pool: PostgresPool) {
    this.#pool = pool
  }

  async announce(names: readonly string[], id: string): Promise<void> {
    const { schema } = this.#pool
    await this.#pool.query(
      `DELETE FROM ${schema}.queue_deletions WHERE ${this.#locked(`over_at <= ${schema}.now_ms()`)}`
    )
    await this.#pool.query(
      `INSERT INTO ${schema}.queue_deletions AS d (name, id, begun, over_at)
      SELECT n.name, $2, false, ${schema}.now_ms() + $3::bigint FROM unnest($1::text[]) n(name) ORDER BY n.name COLLATE "C"
      ON CONFLICT (name) DO UPDATE SET id = excluded.id, begun = false, over_at = excluded.over_at WHERE NOT d.begun`,
      [textArray(names), id, ANNOUNCED_MS]
    )
  }

  async begin(names: readonly string[], id: string, forMs: number): Promise<string[]> {
    const { schema } = this.#pool
    const rows = await this.#pool.query(
      `UPDATE ${schema}.queue_deletions SET begun = true, over_at = ${schema}.now_ms() + $3::bigint
      WHERE ${this.#locked('name = ANY ($1::text[]) AND id = $2')} RETURNING name`,
      [textArray(names), id, forMs]
    )
    return rows.map(({ name }) => name as string)
  }

  async end(names: readonly string[], id: string): Promise<void> {
    await this.#pool.query(
      `DELETE FROM ${this.#pool.schema}.queue_deletions WHERE ${this.#locked('name = ANY ($1::text[]) AND id = $2')}`,
      [textArray(names), id]
    )
  }

  async revoke(names: readonly string[]): Promise<string[]> {
    const { schema } = this.#pool
    const revocable = `name = ANY ($1::text[]) AND (NOT begun OR over_at <= ${schema}.now_ms())`
    await this.#pool.query(`DELETE FROM ${schema}.queue_deletions WHERE ${this.#locked(revocable)}`, [textArray(names)])
    // Another statement: it sees a deletion that began while the first one waited for its row.
    const rows = await this.#pool.query(
      `SELECT name FROM ${schema}.queue_deletions WHERE name = ANY ($1::text[]) ORDER BY name`,
      [textArray(names)]
    )
    return rows.map(({ name }) => name as string)
  }

  /** The condition for rows that fit, locked in one order, so that two nodes do not wait for each other. */
  #locked(condition: string): string {
    const { schema } = this.#pool
    return `name IN (SELECT name FROM ${schema}.queue_deletions WHERE ${condition} ORDER BY name FOR UPDATE)`
  }
}
