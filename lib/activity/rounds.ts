import type { FastifyBaseLogger } from 'fastify'
import { QuietLog } from '../telemetry/quiet-log.ts'

export interface RoundsOptions {
  /** Called in each round, one after the other. */
  watchers: readonly { look(): void | Promise<void> }[]
  /** Milliseconds between two rounds. */
  restMs: number
  log: FastifyBaseLogger
  /** Message of the warning about a round that failed. */
  failure: string
}

/** Calls watchers at an interval. A round that fails is logged, and the next one follows. */
export class Rounds {
  readonly #options: RoundsOptions
  readonly #quiet: QuietLog
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(options: RoundsOptions) {
    this.#options = options
    this.#quiet = new QuietLog(options.log)
  }

  /** Schedules the next round. */
  start(): void {
    this.#timer = setTimeout(() => {
      this.#round = this.#look()
        .catch((error: unknown) => this.#quiet.warn('round', { err: error }, this.#options.failure))
        .finally(() => {
          if (!this.#stopped) this.start()
        })
    }, this.#options.restMs)
  }

  /** Ends the rounds. Resolves when the one in progress has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#round
  }

  async #look(): Promise<void> {
    for (const watcher of this.#options.watchers) await watcher.look()
  }
}
