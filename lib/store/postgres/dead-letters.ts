import type { Backlog } from '../backlog.ts'
import type { PostgresPool } from './connection.ts'
import { NO_LIMIT } from './page.ts'
import { toDeadLetter } from '../rows.ts'
import type { CommitQueue } from '../commit-queue.ts'
import type { DeadLetter, DeadLetterPage, DeadLetterStore } from '../dead-letter-store.ts'

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

  redrive(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#options.writes.addSingle(async () => {
      const letters = await this.#page('redrive', page)
      this.#options.backlog.change(letters.length)
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
