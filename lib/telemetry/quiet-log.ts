import type { FastifyBaseLogger } from 'fastify'

/** Milliseconds between two warnings of one kind. */
const INTERVAL_MS = 10_000

/**
 * Writes warnings that an outage repeats: of each kind one in ten seconds, with the number of those in between. At trace level,
 * all are written.
 */
export class QuietLog {
  readonly #log: FastifyBaseLogger
  readonly #kinds = new Map<string, { writtenAt: number; suppressed: number }>()

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  /** @param kind identifies warnings that are limited together */
  warn(kind: string, details: object, message: string): void {
    const now = performance.now()
    const last = this.#kinds.get(kind)
    if (last && now - last.writtenAt < INTERVAL_MS) {
      last.suppressed++
      this.#log.trace(details, message)
      return
    }
    // A kind whose interval is over need not be remembered.
    if (!last)
      for (const [other, { writtenAt }] of this.#kinds) if (now - writtenAt > INTERVAL_MS) this.#kinds.delete(other)
    this.#kinds.set(kind, { writtenAt: now, suppressed: 0 })
    this.#log.warn({ ...details, ...(last && last.suppressed > 0 && { suppressed: last.suppressed }) }, message)
  }
}
