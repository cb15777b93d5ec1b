import type { Statements } from './sqlite-statements.ts'
import type { PruneOptions } from './types.ts'

/** Events that one step looks at. */
const CHUNK = 500

/** Removes old events in steps; what is still needed stays behind, until the next round begins at the oldest again. */
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
    const chunk = this.#sql.oldest.all(this.#after, CHUNK)
    const old = chunk.filter((row) => (row.accepted_at as number) < horizon)
    const lastOld = old.at(-1)?.offset as number | undefined
    if (lastOld === undefined) {
      this.#after = 0
      return { removed: 0, more: false }
    }
    const removed = this.#sql.prune.all(this.#after, lastOld, horizon).map((row) => row.offset as number)
    if (removed.length > 0) this.#sql.setPrunedTo.run(Math.max(...removed))
    const more = old.length === CHUNK
    this.#after = more ? lastOld : 0
    return { removed: removed.length, more }
  }
}
