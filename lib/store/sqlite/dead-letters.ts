import type { SqliteCommits } from './commits.ts'
import { type Row, toDeadLetter } from '../rows.ts'
import type { SqliteDeliveries } from './deliveries.ts'
import type { SqliteFile } from './file.ts'
import type { SqliteLogReads } from './log-reads.ts'
import type { Statements } from './statements.ts'
import type { DeadLetter, DeadLetterPage, DeadLetterStore } from '../dead-letter-store.ts'
import type { InstanceDirectory } from '../../instances/directory.ts'

export interface SqliteDeadLettersOptions {
  file: SqliteFile
  sql: Statements
  reads: SqliteLogReads
  commits: SqliteCommits
  deliveries: SqliteDeliveries
  directory: InstanceDirectory
}

export class SqliteDeadLetters implements DeadLetterStore {
  readonly #options: SqliteDeadLettersOptions

  constructor(options: SqliteDeadLettersOptions) {
    this.#options = options
  }

  async read(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#options.file.read(() => this.#page(page))
  }

  async count(): Promise<{ count: number; lastId: number }> {
    const { file, sql } = this.#options
    const row = file.read(() => sql.countDeadLetters.get())
    const { count, last_id: lastId } = row as { count: number; last_id: number | null }
    return { count, lastId: lastId ?? 0 }
  }

  redrive(page: DeadLetterPage): Promise<DeadLetter[]> {
    const { commits, deliveries } = this.#options
    return commits.add({
      run: () => {
        const letters = this.#take(page)
        deliveries.restore(letters)
        return letters
      },
      committed: (letters) => deliveries.restored(letters)
    })
  }

  discard(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#options.commits.add({ run: () => this.#take(page) })
  }

  #take(page: DeadLetterPage): DeadLetter[] {
    const letters = this.#page(page)
    for (const { id } of letters) this.#options.sql.deleteDeadLetter.run(id)
    return letters
  }

  #page({ after, upTo, limit, ids, instance, queue, reason }: DeadLetterPage): DeadLetter[] {
    const { file, sql } = this.#options
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
      file.damage.met(error)
    }
    // One of their events cannot be read: dead letters are shown with what is known without it.
    return sql.deadLettersAlone
      .all(narrowed)
      .map((row) => toDeadLetter({ ...row, ...this.#namesOf(row) }))
      .filter((letter) => instance === undefined || letter.instance === instance)
      .slice(0, limit)
  }

  #namesOf({ offset, instance_key: key }: Row) {
    const { directory, reads } = this.#options
    const event = reads.one(offset as number)
    const instance = event?.instance ?? directory.list().find((known) => known.key === key)?.name ?? ''
    return { instance, event: event?.event ?? '', event_id: event?.id ?? '' }
  }
}
