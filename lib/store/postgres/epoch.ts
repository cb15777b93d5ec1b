import type { PostgresPool } from './connection.ts'
import { SharedRun } from './shared-run.ts'
import type { PostgresInstances } from './instances.ts'
import type { LogHead } from './log-head.ts'
import type { Notification } from './session.ts'
import type { Comparison } from '../log-store.ts'

/** Keeps the epoch of the log that this node knows up to date. */
export class PostgresEpoch {
  readonly #pool: PostgresPool
  readonly #head: LogHead
  readonly #instances: PostgresInstances
  readonly #reading = new SharedRun(() => this.#read())

  constructor({ pool, head, instances }: { pool: PostgresPool; head: LogHead; instances: PostgresInstances }) {
    this.#pool = pool
    this.#head = head
    this.#instances = instances
  }

  /**
   * Called with the epoch that a query has found. If the node does not know it, it reads which is the current one and what
   * of the log is left.
   */
  async sync(found: string): Promise<void> {
    if (found !== this.#head.epoch) await this.#reading.run()
  }

  /**
   * Passes on what PostgreSQL says of the log in an epoch, as soon as the node knows that epoch. It is left out if another one
   * is current by then: the offsets may be of events that are lost.
   */
  tell(epoch: string | undefined, news: () => void): void {
    const isKnown = () => epoch === this.#head.epoch
    if (isKnown()) news()
    // What cannot be read now will be with the next beat.
    else
      this.#reading
        .run()
        .then(() => isKnown() && news())
        .catch(() => {})
  }

  /** Passes on a commit: `log <head> <head before it> <partitions> <epoch>`. */
  committed({ number: head, rest }: Notification): void {
    const [before, partitions, epoch] = rest
    const numbers = partitions ? partitions.split(',').map(Number) : []
    this.tell(epoch, () => this.#head.committed({ head, before: Number(before), partitions: new Set(numbers) }))
  }

  /** Called when the database is not where its epoch was begun: it may have lost its end. Begins an epoch. */
  async begin(): Promise<void> {
    const row = await this.#pool.one(`SELECT ${this.#pool.schema}.epoch_here() AS epoch`)
    await this.sync(row.epoch as string)
  }

  /** As `LogStore.commonWith`; the node knows the epoch when it resolves. */
  async commonWith(id: string): Promise<Comparison> {
    const common = await this.#common(id)
    await this.sync(common.id)
    return common
  }

  async #read(): Promise<void> {
    const { epoch } = this.#head
    const common = await this.#common(epoch)
    if (common.id === epoch) return
    await this.#instances.reload()
    this.#head.enter({ id: common.id, upTo: common.upTo })
  }

  async #common(id: string): Promise<Comparison> {
    const row = await this.#pool.one(`SELECT * FROM ${this.#pool.schema}.common_with($1)`, [id])
    const upTo = row.up_to as number | null
    return { id: row.id as string, upTo: upTo ?? 0, isKnown: upTo !== null }
  }
}
