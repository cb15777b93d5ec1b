import { type Removed, SqliteSharePruner, type SharePrunerOptions } from './share-pruner.ts'
import { headOf, type Statements } from './statements.ts'
import type { PruneOptions } from '../log-store.ts'

/** Events that one step looks at. */
const CHUNK = 500

/** Removes old events in steps. Events with deliveries or dead letters stay; the next round begins at the oldest again. */
export class SqlitePruner {
  readonly #options: SharePrunerOptions
  readonly #sql: Statements
  readonly #shares: SqliteSharePruner
  /** Offset after which it looks for old events. */
  #after = 0

  constructor(options: SharePrunerOptions) {
    this.#options = options
    this.#sql = options.sql
    this.#shares = new SqliteSharePruner(options)
  }

  /** One step, inside a transaction. `emptied`: segments of which no event is left. */
  step({ acceptedBefore, maxBytes }: PruneOptions): { removed: number; more: boolean; emptied: number[] } {
    const { pages, free, size } = this.#sql.space.get() as { pages: number; free: number; size: number }
    const excess = (pages - free) * size - maxBytes
    const step = this.#shares.step(excess)
    if (step.status === 'looked') return { removed: step.removed, more: true, emptied: [] }
    const horizon = step.status === 'unknown' ? Number.MAX_SAFE_INTEGER : acceptedBefore
    const now = Date.now()
    const chunk = this.#sql.oldest.all(this.#after, CHUNK) as { offset: number; accepted_at: number }[]
    const lastOld = chunk.findLast((row) => row.accepted_at < horizon)?.offset
    const removed = lastOld === undefined ? 0 : this.#remove(lastOld, horizon)
    // Events from before the clock was set back have times in the future: they do not hide old events behind them.
    const passed = chunk.every((row) => row.accepted_at < horizon || row.accepted_at > now)
    const more = passed && chunk.length === CHUNK
    const last = chunk.at(-1)?.offset ?? headOf(this.#sql)
    const emptied = this.#options.segments.removeEmpty({ from: this.#after, upTo: last })
    this.#after = more ? last : 0
    if (!more) this.#shares.endRound()
    return { removed, more, emptied }
  }

  #remove(upTo: number, horizon: number): number {
    const sql = this.#sql
    const pending = JSON.stringify([...this.#options.pending.offsetsBetween(this.#after, upTo)])
    const removed = sql.prune.all(this.#after, upTo, horizon, pending) as Removed[]
    for (const event of removed) this.#shares.removed(event)
    if (removed.length > 0) sql.setPrunedTo.run(Math.max(...removed.map(({ offset }) => offset)))
    return removed.length
  }
}
