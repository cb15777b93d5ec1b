/**
 * Work that runs once at a time. Calls during a run share the next one, so that each caller's run begins after its call.
 */
export class SharedRun {
  readonly #work: () => Promise<void>
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(work: () => Promise<void>) {
    this.#work = work
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  run(): Promise<void> {
    if (!this.#running) return this.#begin()
    const begin = () => {
      this.#next = undefined
      return this.#begin()
    }
    return (this.#next ??= this.#running.then(begin, begin))
  }

  /** Resolves when no run is in progress. */
  async settled(): Promise<void> {
    await (this.#next ?? this.#running)?.catch(() => {})
  }

  #begin(): Promise<void> {
    const running = this.#work().finally(() => {
      this.#running = undefined
    })
    return (this.#running = running)
  }
}
