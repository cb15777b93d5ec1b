import { approximateBytes } from './approximate-bytes.ts'

/** Events that a page keeps. */
export const MAX_EVENTS = 1_000
/** Memory of all kept events. The latest event is kept regardless of its size. */
export const MAX_BYTES = 32 * 1024 * 1024
/** Events above the maximum before some are removed, since removing one at a time would move all others each time. */
const SLACK = 250

/** The latest events of a stream, in bounded memory. */
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

  /** Number of events received, including removed ones. */
  get total(): number {
    return this.#total
  }

  /** The kept events, newest first. */
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
