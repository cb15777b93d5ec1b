/** Pieces of work in one turn of the event loop: about a millisecond for new connections. */
const PER_TURN = 4

/**
 * Runs work in the order of calls, little of it in each turn of the event loop, so that other work comes in between: after a
 * restart, all clients connect at once.
 */
export class PacedWork {
  readonly #queue: (() => void)[] = []
  /** Pieces of this turn. */
  #done = 0

  /** Runs `work` now or in a later turn. */
  run(work: () => void): void {
    if (this.#done === 0) setImmediate(() => this.#turn())
    if (this.#done < PER_TURN) {
      this.#done++
      work()
    } else this.#queue.push(work)
  }

  #turn(): void {
    const next = this.#queue.splice(0, PER_TURN)
    this.#done = next.length
    if (this.#done > 0) setImmediate(() => this.#turn())
    for (const work of next) work()
  }
}
