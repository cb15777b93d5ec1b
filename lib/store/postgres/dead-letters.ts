import type { Backlog } from '../backlog.ts'
import type { PostgresPool } from './connection.ts'
import { NO_LIMIT } from './page.ts'
import { toDeadLetter } from '../rows.ts'
import type { CommitQueue } from '../commit-queue.ts'
import type {
  DeadLetter,
  DeadLetterGrouping,
  DeadLetterGroups,
  DeadLetterPage,
  DeadLetterStore,
  RedriveOutcome
} from '../dead-letter-store.ts'
import { readGroups } from './dead-letter-groups.ts'

export interface PostgresDeadLettersOptions {
  pool: PostgresPool
  /** Writes of deliveries and dead letters, in the order of calls. */
  writes: CommitQueue
  backlog: Backlog
}

export class PostgresDeadLetters implements DeadLetterStore {
  readonly #options: PostgresDeadLettersOptions

  constructor(options: PostgresDeadLettersOptions) {
    this.#options = options
  }

  async read(page: DeadLetterPage): Promise<DeadLetter[]> {
    this.#options.pool.assertOpen()
    return this.#page('dead_letter_page', page)
  }

  async count(): Promise<{ count: number; lastId: number }> {
    const { pool } = this.#options
    pool.assertOpen()
    const row = await pool.one(`
      SELECT count(*) AS count, coalesce(pg_sequence_last_value('${pool.schema}.dead_letters_id_seq'), 0) AS last_id
      FROM ${pool.schema}.dead_letters`)
    return { count: row.count as number, lastId: row.last_id as number }
  }

  async groups(grouping: DeadLetterGrouping): Promise<DeadLetterGroups> {
    this.#options.pool.assertOpen()
    return readGroups(this.#options.pool, grouping)
  }

  async outcomes(ids: readonly number[]): Promise<RedriveOutcome[]> {
    const { pool } = this.#options
    pool.assertOpen()
    const { schema } = pool
    // One statement sees all at the same moment.
    const rows = await pool.query(
      `SELECT r.id AS redriven_id, EXISTS (
        SELECT FROM ${schema}.deliveries d WHERE d.partition = ${schema}.partition_of(r.instance_key)
        AND d.instance_key = r.instance_key AND d.queue_key = r.queue_key AND d."offset" = r."offset"
      ) AS pending, p.*
      FROM unnest($1::bigint[]) WITH ORDINALITY i(id, place) LEFT JOIN ${schema}.redriven r ON r.id = i.id
      LEFT JOIN ${schema}.dead_letter_page(0, $2, $3, $1, NULL, NULL, NULL) p ON p.id = i.id ORDER BY i.place`,
      [ids, NO_LIMIT, ids.length]
    )
    return rows.map((row, place) => {
      const id = ids[place] as number
      if (row.id !== null) return { id, outcome: 'dead', letter: toDeadLetter(row) }
      if (row.redriven_id === null) return { id, outcome: 'unknown' }
      return { id, outcome: row.pending === true ? 'pending' : 'sent' }
    })
  }

  redrive(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#options.writes.addSingle(async () => {
      const letters = await this.#page('redrive', page)
      for (const { instanceKey } of letters) this.#options.backlog.change(instanceKey, 1)
      return letters
    })
  }

  discard(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#options.writes.addSingle(() => this.#page('discard', page))
  }

  async #page(
    name: 'dead_letter_page' | 'redrive' | 'discard',
    { after, upTo, limit, ids, instance, queue, reason }: DeadLetterPage
  ): Promise<DeadLetter[]> {
    const { pool } = this.#options
    const values = [after, upTo ?? NO_LIMIT, limit, ids ?? null, instance ?? null, queue ?? null, reason ?? null]
    const rows = await pool.query(`SELECT * FROM ${pool.schema}.${name}($1, $2, $3, $4, $5, $6, $7)`, values)
    return rows.map(toDeadLetter)
  }
}
