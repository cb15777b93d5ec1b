/**
 * Work that is done once at a time: calls that come while it runs share the next run, so that each caller gets one that
 * began after its call.
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

  /** Resolves when nothing of it runs. */
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
