import type { FastifyBaseLogger } from 'fastify'
import type { LogStore } from './log-store.ts'

/** Limits of the log. */
export interface RetentionOptions {
  logStore: LogStore
  log: FastifyBaseLogger
  /** Age from which on events are removed. */
  hours: number
  /**
   * Size of the log from which on events are removed: the oldest of the instance that holds most of it, down to what the
   * second holds, then of both in turns, and so on.
   */
  maxBytes: number
  /** Milliseconds between two rounds. @default 60_000 */
  intervalMs?: number
}

/** Removes old events from the log, a few hundred at a time, so that other work gets its turn in between. */
export class Retention {
  readonly #options: Required<RetentionOptions>
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(options: RetentionOptions) {
    this.#options = { intervalMs: 60_000, ...options }
  }

  /** Begins to prune regularly. Idempotent. */
  start(): void {
    if (!this.#timer) this.#schedule()
  }

  /** Ends regular pruning; resolves when the round in progress has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#round
  }

  /** One round: removes every event that may go, unless it is stopped meanwhile. @returns the number of removed events */
  async prune(): Promise<number> {
    const { logStore, hours, maxBytes } = this.#options
    const acceptedBefore = Date.now() - hours * 3_600_000
    let total = 0
    for (let more = true; more && !this.#stopped;) {
      const round = await logStore.prune({ acceptedBefore, maxBytes })
      total += round.removed
      more = round.more
    }
    return total
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#round = this.prune()
        .then((removed) => {
          if (removed > 0) this.#options.log.debug({ removed }, 'Old events left the log')
        })
        .catch((error: unknown) => this.#options.log.warn({ err: error }, 'Old events could not be removed'))
        .finally(() => {
          if (!this.#stopped) this.#schedule()
        })
    }, this.#options.intervalMs)
  }
}
