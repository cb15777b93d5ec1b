/** How many events a page keeps. */
export const MAX_EVENTS = 1_000
/** Cutting off one at a time would move all the others each time. */
const SLACK = 250

/** The latest of a stream. However fast it comes, the memory that it takes is bounded. */
export class EventBuffer<T> {
  readonly #max: number
  #kept: T[] = []
  #total = 0

  constructor(max = MAX_EVENTS) {
    this.#max = max
  }

  push(event: T): void {
    this.#total++
    this.#kept.push(event)
    if (this.#kept.length > this.#max + SLACK) this.#kept = this.#kept.slice(-this.#max)
  }

  /** How many came, those dropped included. */
  get total(): number {
    return this.#total
  }

  /** Newest first. */
  newest(): T[] {
    return this.#kept.slice(-this.#max).toReversed()
  }

  clear(): void {
    this.#kept = []
    this.#total = 0
  }
}
