import type { SqliteCommits } from './commits.ts'
import { type Row, toDeadLetter } from '../rows.ts'
import type { SqliteDeliveries } from './deliveries.ts'
import type { SqliteFile } from './file.ts'
import type { SqliteLogReads } from './log-reads.ts'
import type { Statements } from './statements.ts'
import type { SqliteQueues } from './queues.ts'
import type {
  DeadLetter,
  DeadLetterGrouping,
  DeadLetterGroups,
  DeadLetterPage,
  DeadLetterStore,
  RedriveOutcome
} from '../dead-letter-store.ts'
import { GroupSums } from './group-sums.ts'
import { turnTaker } from '../../turn-taker.ts'
import type { InstanceDirectory } from '../../instances/directory.ts'

export interface SqliteDeadLettersOptions {
  file: SqliteFile
  sql: Statements
  reads: SqliteLogReads
  commits: SqliteCommits
  deliveries: SqliteDeliveries
  queues: SqliteQueues
  directory: InstanceDirectory
}

/** Dead letters that one statement groups, and ids among which one statement of a list looks. */
const GROUPED = 2_000
const LOOKED_AT = 2_000
/** A group before all others. */
const BEGIN = { reason: '', queue_key: 0, instance_key: 0, last_id: 0 }
/** Milliseconds for which a redrive is known. */
const KEPT_MS = 24 * 3_600_000
/** Redrives that one transaction forgets at most: more than it adds. */
const FORGOTTEN = 1_000

export class SqliteDeadLetters implements DeadLetterStore {
  readonly #options: SqliteDeadLettersOptions

  constructor(options: SqliteDeadLettersOptions) {
    this.#options = options
  }

  /** Looks among some ids at a time, and yields to the event loop in between. */
  async read(page: DeadLetterPage): Promise<DeadLetter[]> {
    const { file, sql } = this.#options
    if (page.ids) return file.read(() => this.#page(page))
    const turn = turnTaker()
    const last = file.read(() => sql.lastDeadLetter.get()?.id as number | null)
    const end = Math.min(page.upTo ?? Infinity, last ?? 0)
    const found: DeadLetter[] = []
    for (let after = page.after; after < end && found.length < page.limit; after += LOOKED_AT, await turn()) {
      const upTo = Math.min(after + LOOKED_AT, end)
      found.push(...file.read(() => this.#page({ ...page, after, upTo, limit: page.limit - found.length })))
    }
    return found
  }

  async count(): Promise<{ count: number; lastId: number }> {
    const { file, sql } = this.#options
    const row = file.read(() => sql.countDeadLetters.get())
    const { count, last_id: lastId } = row as { count: number; last_id: number | null }
    return { count, lastId: lastId ?? 0 }
  }

  /** Reads some at a time, and yields to the event loop in between. */
  async groups(grouping: DeadLetterGrouping): Promise<DeadLetterGroups> {
    const { file, sql, queues } = this.#options
    const sums = new GroupSums({
      queueName: (key) => queues.name(key),
      instanceName: (row) => this.#namesOf(row).instance
    })
    const turn = turnTaker()
    for (let read = GROUPED, last: Row = BEGIN; read === GROUPED; await turn()) {
      const { reason, queue_key, instance_key, last_id } = last
      const position = { reason, queue_key, instance_key, last_id } as typeof BEGIN
      const rows = file.read(() => sql.groupDeadLetters.all({ ...position, limit: GROUPED }))
      for (const row of rows) sums.add(row)
      read = rows.reduce((sum, { count }) => sum + (count as number), 0)
      last = rows.at(-1) ?? last
    }
    return sums.groups(grouping)
  }

  redrive(page: DeadLetterPage): Promise<DeadLetter[]> {
    const { commits, deliveries } = this.#options
    return this.#each(page, (found) =>
      commits.add({
        run: () => {
          const letters = this.#take(found)
          deliveries.restore(letters)
          this.#note(letters)
          return letters
        },
        committed: (letters) => deliveries.restored(letters)
      })
    )
  }

  async outcomes(ids: readonly number[]): Promise<RedriveOutcome[]> {
    const { file, sql, deliveries } = this.#options
    const redriven = file.read(() => sql.readRedriven.all(JSON.stringify(ids)))
    const known = new Map<number, RedriveOutcome>()
    for (const row of redriven) {
      const id = row.id as number
      known.set(id, { id, outcome: deliveries.isPending(row) ? 'pending' : 'sent' })
    }
    const letters = file.read(() => this.#page({ ids, after: 0, limit: ids.length }))
    for (const letter of letters) known.set(letter.id, { id: letter.id, outcome: 'dead', letter })
    return ids.map((id) => known.get(id) ?? { id, outcome: 'unknown' })
  }

  discard(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#each(page, (found) => this.#options.commits.add({ run: () => this.#take(found) }))
  }

  /**
   * Notes that dead letters were redriven, and forgets some that were sent more than a day ago. One that is still pending is looked
   * at again a day later, so that it does not keep others from being forgotten.
   */
  #note(letters: readonly DeadLetter[]): void {
    const { sql, queues, deliveries } = this.#options
    const now = Date.now()
    for (const row of sql.redrivenBefore.all(now - KEPT_MS, FORGOTTEN)) {
      if (deliveries.isPending(row)) sql.keepRedriven.run(now, row.id as number)
      else sql.deleteRedriven.run(row.id as number)
    }
    for (const { id, queue, instanceKey, offset, tries, firstDiedAt } of letters)
      sql.insertRedriven.run(id, queues.key(queue), instanceKey, offset, tries, firstDiedAt.getTime(), now)
  }

  /** Takes the dead letters that `read` finds: a rare one is not looked for in a transaction. Of some, others may be faster. */
  async #each(page: DeadLetterPage, take: (found: DeadLetterPage) => Promise<DeadLetter[]>): Promise<DeadLetter[]> {
    const taken: DeadLetter[] = []
    for (let { after } = page; ;) {
      const found = await this.read({ ...page, after, limit: page.limit - taken.length })
      const last = found.at(-1)
      if (!last) return taken
      taken.push(...(await take({ ...page, ids: found.map(({ id }) => id) })))
      after = last.id
    }
  }

  #take(page: DeadLetterPage): DeadLetter[] {
    const letters = this.#page(page)
    for (const { id } of letters) this.#options.sql.deleteDeadLetter.run(id)
    return letters
  }

  #page({ after, upTo, limit, ids, instance, queue, reason }: DeadLetterPage): DeadLetter[] {
    const { file, sql, directory } = this.#options
    const narrowed = {
      after,
      upTo: upTo ?? Number.MAX_SAFE_INTEGER,
      queue: queue ?? null,
      reason: reason ?? null
    }
    const named = {
      ...narrowed,
      instance: instance ?? null,
      instanceKey: directory.get(instance ?? '')?.key ?? null,
      limit
    }
    const asked = ids ? JSON.stringify(ids) : null
    try {
      const rows = asked ? sql.deadLettersById.all({ ...named, ids: asked }) : sql.readDeadLetters.all(named)
      return rows.map(toDeadLetter)
    } catch (error) {
      file.damage.met(error)
    }
    // One of their events cannot be read: dead letters are shown with what is known without it.
    return sql.deadLettersAlone
      .all({ ...narrowed, ids: asked })
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
