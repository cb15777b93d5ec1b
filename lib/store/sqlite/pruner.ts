import type { Statements } from './statements.ts'
import type { PruneOptions } from '../log-store.ts'

/** Events that one step looks at. */
const CHUNK = 500

/** Removes old events in steps. Events with deliveries or dead letters stay; the next round begins at the oldest again. */
export class SqlitePruner {
  readonly #sql: Statements
  #after = 0

  constructor(sql: Statements) {
    this.#sql = sql
  }

  /** One step, inside a transaction. */
  step({ acceptedBefore, maxBytes }: PruneOptions): { removed: number; more: boolean } {
    const { pages, free, size } = this.#sql.space.get() as { pages: number; free: number; size: number }
    const tooLarge = (pages - free) * size > maxBytes
    const horizon = tooLarge ? Number.MAX_SAFE_INTEGER : acceptedBefore
    const now = Date.now()
    const chunk = this.#sql.oldest.all(this.#after, CHUNK) as { offset: number; accepted_at: number }[]
    const lastOld = chunk.findLast((row) => row.accepted_at < horizon)?.offset
    const removed = lastOld === undefined ? [] : this.#sql.prune.all(this.#after, lastOld, horizon)
    if (removed.length > 0) this.#sql.setPrunedTo.run(Math.max(...removed.map((row) => row.offset as number)))
    // Events from before the clock was set back have times in the future: they do not hide old events behind them.
    const passed = chunk.every((row) => row.accepted_at < horizon || row.accepted_at > now)
    const more = passed && chunk.length === CHUNK
    this.#after = more ? (chunk.at(-1)?.offset as number) : 0
    return { removed: removed.length, more }
  }
}
