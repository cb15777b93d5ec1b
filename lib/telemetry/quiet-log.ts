import type { FastifyBaseLogger } from 'fastify'

/** How often the same complaint is written. */
const INTERVAL_MS = 10_000

/**
 * Warnings that an outage repeats: each kind is written once in ten seconds, with how many there were in between.
 * At trace level all are.
 */
export class QuietLog {
  readonly #log: FastifyBaseLogger
  readonly #kinds = new Map<string, { writtenAt: number; suppressed: number }>()

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  /** @param kind what counts as the same complaint */
  warn(kind: string, details: object, message: string): void {
    const now = performance.now()
    const last = this.#kinds.get(kind)
    if (last && now - last.writtenAt < INTERVAL_MS) {
      last.suppressed++
      this.#log.trace(details, message)
      return
    }
    // Kinds whose time is over are as good as new: what was once a complaint does not stay in memory.
    if (!last)
      for (const [other, { writtenAt }] of this.#kinds) if (now - writtenAt > INTERVAL_MS) this.#kinds.delete(other)
    this.#kinds.set(kind, { writtenAt: now, suppressed: 0 })
    this.#log.warn({ ...details, ...(last && last.suppressed > 0 && { suppressed: last.suppressed }) }, message)
  }
}
