import type { FastifyBaseLogger } from 'fastify'
import type { LogStore } from './log-store.ts'

export interface RetentionOptions {
  logStore: LogStore
  log: FastifyBaseLogger
  hours: number
  maxBytes: number
  /** @default 60_000 */
  intervalMs?: number
}

/** Lets old events go, a few hundred at a time with a breath in between, so that nothing else waits for it. */
export class Retention {
  readonly #options: Required<RetentionOptions>
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(options: RetentionOptions) {
    this.#options = { intervalMs: 60_000, ...options }
  }

  /** Prunes now and then from now on. Idempotent. */
  start(): void {
    if (!this.#timer) this.#schedule()
  }

  /** Resolves when the running round has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#round
  }

  /** One round: everything that may go now, unless it is stopped meanwhile. @returns how many events went */
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
