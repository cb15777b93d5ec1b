import type { Backlog, PendingCounts } from '../backlog.ts'

export interface RecountOptions {
  backlog: Backlog
  /** Counts pending deliveries in the database. */
  count: () => Promise<PendingCounts>
  /** True while this node is writing something that changes their number. */
  busy: () => boolean
  /** Milliseconds until the next count, after one that took `tookMs`. */
  restMs: (tookMs: number) => number
}

/**
 * Corrects the backlog. What this node writes is counted as it happens; what other nodes write is seen when all pending
 * deliveries are counted in the database, now and then.
 */
export class Recount {
  readonly #options: RecountOptions
  #due = false
  #next = 0

  constructor(options: RecountOptions) {
    this.#options = options
  }

  /** The backlog may be wrong: other nodes have changed it, or it is not known what was written. */
  doubt(): void {
    this.#due = true
  }

  /** Counts, if there is doubt and the last count is long enough ago. */
  async refresh(): Promise<void> {
    if (this.#due && performance.now() >= this.#next) await this.count()
  }

  async count(): Promise<void> {
    const { backlog, count, busy, restMs } = this.#options
    const begun = performance.now()
    const { changes } = backlog
    // No second count begins meanwhile.
    this.#next = Infinity
    this.#due = busy()
    try {
      backlog.correct(await count())
      this.#due ||= busy() || changes !== backlog.changes
    } catch (error) {
      this.#due = true
      throw error
    } finally {
      this.#next = performance.now() + restMs(performance.now() - begun)
    }
  }
}
