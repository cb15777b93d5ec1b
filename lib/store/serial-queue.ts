import { ClosingError } from '../errors.ts'

/** Work whose neighbours in the queue may be done together. */
export interface Batcher<Item, Result> {
  /** Does all of it, or none and rejects. @returns what became of each, in order */
  run: (items: readonly Item[]) => Promise<readonly Result[]>
  /** A batch takes items up to this weight in all, and one at least. */
  maxWeight: number
  weigh: (item: Item) => number
  /** Whether one item may be to blame, so that each is to have its own chance. */
  isolates?: (error: unknown) => boolean
}

interface Waiting {
  batcher: Batcher<unknown, unknown>
  item: unknown
  resolve: (result: unknown) => void
  reject: (reason: unknown) => void
}

/** How long work that nobody waits for may lie. */
const LAZY_MS = 25

/** Group commit over a network: one piece of work after the other, in the order of calls, neighbours of a kind at once. */
export class SerialQueue {
  #waiting: Waiting[] = []
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  #closed = false

  /** Whether anything waits or is under way. */
  get busy(): boolean {
    return this.#waiting.length > 0 || this.#working !== undefined
  }

  /** @throws {ClosingError} after `close` */
  add<T>(work: () => Promise<T>): Promise<T> {
    const alone: Batcher<undefined, T> = {
      run: async () => [await work()],
      maxWeight: 0,
      weigh: () => 1
    }
    return this.addTo(alone, undefined)
  }

  /** @throws {ClosingError} after `close`, and what `run` rejects with */
  addTo<I, R>(batcher: Batcher<I, R>, item: I, { lazy }: { lazy: boolean } = { lazy: false }): Promise<R> {
    if (this.#closed) return Promise.reject(new ClosingError())
    return new Promise<R>((resolve, reject) => {
      // The queue holds work of any kind; each batcher and each promise only ever sees its own.
      this.#waiting.push({ batcher, item, resolve, reject } as unknown as Waiting)
      if (this.#working || this.#immediate) return
      if (lazy) this.#timer ??= setTimeout(() => this.#start(), LAZY_MS)
      // What else comes in this turn of the event loop comes along.
      else this.#immediate = setImmediate(() => this.#start())
    })
  }

  /** Refuses what comes; resolves when all that came before is done. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    if (!this.#working) this.#start()
    await this.#working
  }

  #start(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    this.#immediate = undefined
    this.#timer = undefined
    this.#working = this.#work()
  }

  async #work(): Promise<void> {
    // Even with nothing to do it ends later than it begins.
    await Promise.resolve()
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) await this.#run(batch)
    this.#working = undefined
  }

  #take(): Waiting[] {
    const [first] = this.#waiting
    if (!first) return []
    const { batcher } = first
    let weight = batcher.weigh(first.item)
    let count = 1
    for (const { batcher: other, item } of this.#waiting.slice(1)) {
      if (other !== batcher) break
      weight += batcher.weigh(item)
      if (weight > batcher.maxWeight) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    // A batch has one member at least, and all of the same batcher.
    const { batcher } = batch[0] as Waiting
    try {
      const results = await batcher.run(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(results[index])
    } catch (error) {
      if (batch.length > 1 && batcher.isolates?.(error)) for (const waiting of batch) await this.#run([waiting])
      else for (const { reject } of batch) reject(error)
    }
  }
}
