const MINUTE_MS = 60_000

/** Counts what a queue has accepted lately, in four numbers, since there may be very many queues. */
export class SentCount {
  #lastAt = 0
  /** The minute of the last one, what was accepted in it, and in the minute before. */
  #minute = 0
  #current = 0
  #before = 0

  /** When the last one was accepted; `null`: none was. */
  get lastAt(): Date | null {
    return this.#lastAt === 0 ? null : new Date(this.#lastAt)
  }

  /** @param at milliseconds since the epoch */
  add(count: number, at: number): void {
    const minute = Math.floor(at / MINUTE_MS)
    if (minute !== this.#minute) {
      this.#before = minute === this.#minute + 1 ? this.#current : 0
      this.#current = 0
      this.#minute = minute
    }
    this.#current += count
    this.#lastAt = at
  }

  /** Number of the last minute: the minute before the current one counts in proportion. */
  lastMinute(at: number): number {
    const minute = Math.floor(at / MINUTE_MS)
    const left = 1 - (at % MINUTE_MS) / MINUTE_MS
    if (minute === this.#minute) return Math.round(this.#current + this.#before * left)
    return minute === this.#minute + 1 ? Math.round(this.#current * left) : 0
  }
}
