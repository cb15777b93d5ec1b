import type { PostgresPool } from './connection.ts'
import { partitionOf } from '../partitions.ts'
import { between, eventRows, reachedBy, wholeData } from './page.ts'
import { toEvent } from '../rows.ts'
import type { LaneKey } from '../delivery-store.ts'
import type { PageLimits } from '../log-store.ts'
import type { StoredEvent } from '../../events/event.ts'

/** The columns of the index of deliveries. */
const BY_LANE = ['d.partition', 'd.instance_key', 'd.queue_key', 'd."offset"'] as const

/** Reads pending deliveries, by lane. */
export class PostgresLaneReads {
  readonly #pool: PostgresPool

  constructor(pool: PostgresPool) {
    this.#pool = pool
  }

  /** @returns `epoch`: that of the log, if there are any events */
  async events(
    { queue, instanceKey }: LaneKey,
    { after, upTo, ...page }: PageLimits & { after: number; upTo: number }
  ): Promise<{ events: StoredEvent[]; epoch: string | undefined }> {
    const { schema } = this.#pool
    const lane = `$1, $2, (SELECT key FROM ${schema}.queues WHERE name = $3)`
    const from = `(
      SELECT d."offset" FROM ${schema}.deliveries d
      WHERE ${between(BY_LANE, `${lane}, $4`, `${lane}, $5`)} ORDER BY ${BY_LANE.join()} LIMIT $6
    ) d JOIN ${schema}.events e ON e."offset" = d."offset"`
    const values = [partitionOf(instanceKey), instanceKey, queue, after, upTo, page.limit]
    const rows = await eventRows(this.#pool, from, values, page)
    return { events: rows.map(toEvent), epoch: rows[0]?.epoch as string | undefined }
  }

  /** Lanes of these partitions that have something pending. */
  pending(partitions: readonly number[]): Promise<LaneKey[]> {
    return this.#lanes('d.partition = ANY ($1)', [partitions])
  }

  /** Those that have something pending again by redrives after this one. */
  redrivenAfter(redrive: number, partitions: readonly number[]): Promise<LaneKey[]> {
    return this.#lanes('d.redrive > $1 AND d.partition = ANY ($2)', [redrive, partitions])
  }

  /**
   * Events of these partitions after one offset and up to another that have pending deliveries, with the queues of these.
   * @returns `reached`: the offset up to which the page has all of them; `epoch`: that of the log, if there are any
   */
  async appended(
    { after, upTo }: { after: number; upTo: number },
    partitions: readonly number[],
    page: PageLimits
  ): Promise<{ events: StoredEvent[]; reached: number; epoch: string | undefined }> {
    const { schema } = this.#pool
    const rows = await this.#pool.query(
      `SELECT p.*, (SELECT l.id FROM ${schema}.log l) AS epoch, ${wholeData(schema)}
      FROM ${schema}.new_deliveries($1, $2, $3, $4, $5) p`,
      [after, upTo, partitions, page.limit, page.maxBytes]
    )
    const events = rows.map((row) => ({ ...toEvent(row), queues: row.queues as string[] }))
    return { events, reached: reachedBy(rows, page, upTo), epoch: rows[0]?.epoch as string | undefined }
  }

  async #lanes(which: string, values: unknown[]): Promise<LaneKey[]> {
    const { schema } = this.#pool
    const rows = await this.#pool.query(
      `SELECT q.name, d.instance_key FROM (
        SELECT DISTINCT d.queue_key, d.instance_key FROM ${schema}.deliveries d WHERE ${which}
      ) d JOIN ${schema}.queues q ON q.key = d.queue_key`,
      values
    )
    return rows.map((row) => ({ queue: row.name as string, instanceKey: row.instance_key as number }))
  }
}
