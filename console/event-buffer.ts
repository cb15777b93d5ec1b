import { approximateBytes } from './approximate-bytes.ts'

/** How many events a page keeps. */
export const MAX_EVENTS = 1_000
/** How much memory they may take together; the latest one is kept, however large it is. */
export const MAX_BYTES = 32 * 1024 * 1024
/** Cutting off one at a time would move all the others each time. */
const SLACK = 250

/** The latest of a stream. However fast it comes, and however large it is, the memory that it takes is bounded. */
export class EventBuffer<T> {
  readonly #max: number
  readonly #maxBytes: number
  #kept: { event: T; bytes: number }[] = []
  #bytes = 0
  #total = 0

  constructor(max = MAX_EVENTS, maxBytes = MAX_BYTES) {
    this.#max = max
    this.#maxBytes = maxBytes
  }

  push(event: T): void {
    const bytes = approximateBytes(event)
    this.#total++
    this.#bytes += bytes
    this.#kept.push({ event, bytes })
    if (this.#kept.length > this.#max + SLACK) this.#drop(this.#kept.length - this.#max)
    while (this.#bytes > this.#maxBytes && this.#kept.length > 1) this.#drop(1)
  }

  /** How many came, those dropped included. */
  get total(): number {
    return this.#total
  }

  /** Newest first. */
  newest(): T[] {
    return this.#kept
      .slice(-this.#max)
      .map(({ event }) => event)
      .toReversed()
  }

  clear(): void {
    this.#kept = []
    this.#bytes = 0
    this.#total = 0
  }

  #drop(count: number): void {
    for (const { bytes } of this.#kept.splice(0, count)) this.#bytes -= bytes
  }
}
