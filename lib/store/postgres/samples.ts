import { type KeptSample, MAX_SAMPLES, type NodeSample, SAMPLE_MS, type SampleStore } from '../sample-store.ts'
import type { PostgresPool } from './connection.ts'

/** Samples in a table: each node writes its own, and reads those of all. */
export class PostgresSamples implements SampleStore {
  readonly #pool: PostgresPool

  constructor(pool: PostgresPool) {
    this.#pool = pool
  }

  async keep(node: string, sample: NodeSample): Promise<void> {
    this.#pool.assertOpen()
    const { schema } = this.#pool
    await this.#pool.query(
      `WITH present AS (SELECT ${schema}.now_ms() / ${SAMPLE_MS} AS part), gone AS (
        DELETE FROM ${schema}.overview_samples s USING present p WHERE s.part <= p.part - ${MAX_SAMPLES}
      )
      INSERT INTO ${schema}.overview_samples SELECT p.part, $1, $2, $3, $4, $5, $6, $7 FROM present p
      ON CONFLICT (part, node) DO UPDATE SET accepted = excluded.accepted, delivered = excluded.delivered,
        pending = excluded.pending, oldest_age = excluded.oldest_age, dead_letters = excluded.dead_letters,
        sockets = excluded.sockets`,
      [
        node,
        sample.accepted,
        sample.delivered,
        sample.pending,
        sample.oldestPendingAgeSeconds,
        sample.deadLetters,
        sample.sockets
      ]
    )
  }

  async read(): Promise<{ now: number; samples: KeptSample[] }> {
    this.#pool.assertOpen()
    const { schema } = this.#pool
    const rows = await this.#pool.query(
      `SELECT t.now, s.* FROM (SELECT ${schema}.now_ms() AS now) t
      LEFT JOIN ${schema}.overview_samples s ON s.part > t.now / ${SAMPLE_MS} - ${MAX_SAMPLES} ORDER BY s.part, s.node`
    )
    // There is one row without a sample if there is none.
    const samples = rows.flatMap(({ part, node, oldest_age, dead_letters, ...row }) =>
      part === null
        ? []
        : {
            part: part as number,
            node: node as string,
            accepted: row.accepted as number | null,
            delivered: row.delivered as number | null,
            pending: row.pending as number,
            oldestPendingAgeSeconds: oldest_age as number | null,
            deadLetters: dead_letters as number,
            sockets: row.sockets as number
          }
    )
    return { now: rows[0]?.now as number, samples }
  }
}
