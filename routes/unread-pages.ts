import type { FastifyReply } from 'fastify'
import { BackpressureError } from '../lib/errors.ts'

/** Characters of pages that clients have yet to read, at most. */
const MAX_CHARACTERS = 64 * 1_048_576
/** Milliseconds in which a client must read a page. */
const READ_WITHIN_MS = 120_000

/** Bounds the memory of pages that clients do not read. */
export class UnreadPages {
  readonly #max: number
  readonly #withinMs: number
  #characters = 0

  constructor({ max = MAX_CHARACTERS, withinMs = READ_WITHIN_MS } = {}) {
    this.#max = max
    this.#withinMs = withinMs
  }

  /** Counts a page until its reply is closed, and closes it if it is not read in time. @throws {BackpressureError} there is no room */
  add(page: string, { raw }: FastifyReply): void {
    // The client has left while it waited: no event would end the count.
    if (raw.destroyed) return
    if (this.#characters > 0 && this.#characters + page.length > this.#max)
      throw new BackpressureError('clients have yet to read too many pages of the log')
    this.#characters += page.length
    const timer = setTimeout(() => raw.destroy(), this.#withinMs)
    raw.once('close', () => {
      clearTimeout(timer)
      this.#characters -= page.length
    })
  }
}
