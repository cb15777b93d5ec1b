import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { QuietLog } from '../telemetry/quiet-log.ts'
import { backoffMs } from './backoff.ts'
import { ensureMany } from './ensure-many.ts'
import { callFailure } from './failures.ts'
import { type Holdup, holdupAfter, type QueueHoldup } from './holdup.ts'
import { Limiter } from './limiter.ts'
import type { QueueProvisioner } from './provisioner.ts'
import type { QueueSpec } from './queue-names.ts'

/** Milliseconds of one round. A queue that is missing at its end is a fault, and is tried again in the next. */
const ROUND_MS = 25_000
/** Queues that are worked on at once, in addition to those of requests. */
const AT_ONCE = 2
const BACKOFF = { baseMs: 1_000, maxMs: 30_000 }

export interface SharedQueuesOptions {
  provisioner: QueueProvisioner
  specs: readonly QueueSpec[]
  /** The pattern of their names, for the log. */
  pattern: string
  log: FastifyBaseLogger
}

/** Finds or creates the shared queues in the background, and retries until all exist. */
export class SharedQueues {
  readonly #options: SharedQueuesOptions
  readonly #quiet: QuietLog
  readonly #limiter = new Limiter(AT_ONCE)
  readonly #stop = new AbortController()
  #holdups = new Map<string, Holdup>()
  #running: Promise<void> = Promise.resolve()

  constructor(options: SharedQueuesOptions) {
    this.#options = options
    this.#quiet = new QuietLog(options.log)
  }

  start(): void {
    if (this.#options.specs.length > 0) this.#running = this.#run()
  }

  /** The reasons why shared queues do not exist yet. */
  holdups(): QueueHoldup[] {
    const missing = [...this.#holdups].filter(([queue]) => this.#options.provisioner.url(queue) === undefined)
    return missing.map(([queue, holdup]) => ({ queue, ...holdup }))
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { provisioner, specs, pattern, log } = this.#options
    const { signal } = this.#stop
    let left = specs
    for (let attempt = 0; left.length > 0; attempt++) {
      const { failed } = await ensureMany(provisioner, left, {
        timeoutMs: ROUND_MS,
        stopAtFailure: false,
        limiter: this.#limiter,
        signal
      })
      if (signal.aborted) return
      left = left.filter(({ name }) => failed.has(name))
      const before = this.#holdups
      this.#holdups = new Map()
      for (const [name, error] of failed)
        this.#holdups.set(name, holdupAfter(callFailure(error), before.get(name)) as Holdup)
      const [error] = failed.values()
      if (!error) break
      const { code, message } = callFailure(error)
      this.#quiet.warn(
        code,
        { code, reason: message, queues: left.length },
        'Shared queues are not ready, trying again'
      )
      await sleep(backoffMs(attempt, BACKOFF), undefined, { signal }).catch(() => {})
    }
    if (!signal.aborted) log.info({ queues: specs.length, names: pattern }, 'The shared queues are ready')
  }
}
