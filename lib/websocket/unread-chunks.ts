import type { BufferBudget, Chunk } from './buffer-budget.ts'

/** Chunks of one connection that the system had not accepted at the last look, in the order in which they were sent. */
export class UnreadChunks {
  readonly #budget: BufferBudget
  readonly #chunks: Chunk[] = []
  #bytes = 0
  #lastTaken = 0
  #lastTakenAt = 0

  constructor(budget: BufferBudget) {
    this.#budget = budget
  }

  /** True if there are unread chunks. */
  get any(): boolean {
    return this.#chunks.length > 0
  }

  /** Adds a chunk. @param taken bytes that the system has accepted so far @returns true if it is the only one */
  keep(chunk: Chunk, taken: number): boolean {
    this.#budget.hold(chunk)
    this.#bytes += chunk.bytes
    if (this.#chunks.push(chunk) > 1) return false
    this.#lastTaken = taken
    this.#lastTakenAt = performance.now()
    return true
  }

  /** Releases chunks that the system has accepted. @param buffered bytes that still wait */
  settle(buffered: number): void {
    const left = this.#chunks.findIndex(({ bytes }) => {
      if (this.#bytes - bytes < buffered) return true
      this.#bytes -= bytes
      return false
    })
    for (const chunk of this.#chunks.splice(0, left < 0 ? Infinity : left)) this.#budget.release(chunk)
  }

  /** Returns the milliseconds since `taken` last grew. @param now by `performance.now` */
  idleMs(now: number, taken: number): number {
    if (taken !== this.#lastTaken) {
      this.#lastTaken = taken
      this.#lastTakenAt = now
    }
    return now - this.#lastTakenAt
  }
}
