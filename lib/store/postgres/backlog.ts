import { BackpressureError } from '../../errors.ts'

export interface BacklogOptions {
  max: number
  /** Counts what is pending in the database. */
  count: () => Promise<number>
  /** Whether anything that changes it is under way. */
  busy: () => boolean
  /** How long it is not counted again, after a count that took so long. */
  restMs: (tookMs: number) => number
}

/**
 * How many deliveries are pending. What this node does is counted as it happens; what other nodes do is seen when all of
 * them are counted, now and then.
 */
export class PostgresBacklog {
  readonly #options: BacklogOptions
  #pending = 0
  /** Deliveries of appends that wait for their commit. */
  #reserved = 0
  #changes = 0
  #due = false
  #next = 0

  constructor(options: BacklogOptions) {
    this.#options = options
  }

  get pending(): number {
    return this.#pending
  }

  /** @throws {BackpressureError} there is no room */
  reserve(deliveries: number): void {
    const { max } = this.#options
    if (deliveries > 0 && this.#pending + this.#reserved + deliveries > max) {
      throw new BackpressureError(`${this.#pending} deliveries to SQS are pending, the limit is ${max}`)
    }
    this.#reserved += deliveries
  }

  /** What was reserved is written, or will not be. */
  settle(deliveries: number): void {
    this.#reserved -= deliveries
  }

  change(by: number): void {
    this.#pending += by
    this.#changes++
  }

  /** What is in memory may be wrong: something else has changed it, or nobody knows what was written. */
  doubt(): void {
    this.#due = true
  }

  /** Counts, if there is reason to and it was not just done. */
  async refresh(): Promise<void> {
    if (this.#due && performance.now() >= this.#next) await this.count()
  }

  async count(): Promise<void> {
    const { count, busy, restMs } = this.#options
    const begun = performance.now()
    const changes = this.#changes
    // Meanwhile nobody else does.
    this.#next = Infinity
    this.#due = busy()
    try {
      this.#pending = await count()
      this.#due ||= busy() || changes !== this.#changes
    } catch (error) {
      this.#due = true
      throw error
    } finally {
      this.#next = performance.now() + restMs(performance.now() - begun)
    }
  }
}
