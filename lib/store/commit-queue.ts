import { ClosingError } from '../errors.ts'

/** Size and time of one transaction. */
export interface Commit {
  operations: number
  seconds: number
}

/** A kind of work, of which neighbours in the queue are done together. */
export interface Batcher<Item, Result> {
  /**
   * Does all of it, or throws (or rejects) having done none. Returns what became of each item, in order: a `Rejection` for
   * one that was left out. Work that is done synchronously is over before the queue does anything else.
   */
  run: (items: readonly Item[]) => Results<Result> | Promise<Results<Result>>
  /** The part of a full batch that an item takes. A batch has items up to 1 in all, and one at least. @default 0 */
  weigh?: (item: Item) => number
  /** True if one item may have made the batch fail, so that each is to be tried alone. @default never */
  isolates?: (error: unknown) => boolean
}

export type Results<Result> = readonly (Result | Rejection)[]

/** The result of an item whose promise rejects, while the rest of its batch is done. */
export class Rejection {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

interface Waiting {
  batcher: Batcher<unknown, unknown>
  item: unknown
  /** It is not to share a batch: an earlier batch with it has failed. */
  alone: boolean
  resolve: (result: unknown) => void
  reject: (reason: unknown) => void
}

/** Time for which a lazy item waits for others. */
const LAZY_MS = 25

const SINGLE: Batcher<() => Promise<unknown>, unknown> = {
  run: (works) => Promise.all(works.map((work) => work())),
  weigh: () => 1
}

/**
 * Group commit: items are done in the order of calls, neighbours of a kind at once. What comes up in one turn of the event
 * loop, or while a batch is under way, is the next batch. Lazy items go with the next other one, or after 25 ms.
 */
export class CommitQueue {
  #waiting: Waiting[] = []
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  #closed = false

  /** True while an item waits or is in progress. */
  get busy(): boolean {
    return this.#waiting.length > 0 || this.#working !== undefined
  }

  /** @throws {ClosingError} after `close`, and what `run` of the batcher throws */
  add<I, R>(batcher: Batcher<I, R>, item: I, { lazy }: { lazy: boolean } = { lazy: false }): Promise<R> {
    if (this.#closed) return Promise.reject(new ClosingError())
    return new Promise<R>((resolve, reject) => {
      // The queue holds items of any kind; each batcher and each promise only ever sees its own.
      this.#waiting.push({ batcher, item, alone: false, resolve, reject } as unknown as Waiting)
      if (this.#working || this.#immediate) return
      if (lazy) this.#timer ??= setTimeout(() => this.#flush(), LAZY_MS)
      else this.#immediate = setImmediate(() => this.#flush())
    })
  }

  /** Does a piece of work that shares no batch. @throws {ClosingError} after `close` */
  addSingle<T>(work: () => Promise<T>): Promise<T> {
    return this.add(SINGLE as Batcher<() => Promise<T>, T>, work)
  }

  /** Refuses further items; resolves when all that came before are done. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    this.#flush()
    while (this.#working) await this.#working
  }

  #flush(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    this.#immediate = undefined
    this.#timer = undefined
    if (this.#working) return
    const waiting = this.#waiting
    this.#waiting = []
    this.#working = work(waiting)?.then(() => {
      this.#working = undefined
      this.#flush()
    })
  }
}

/** Does batch after batch. @returns a promise from the first batch on that is asynchronous; `undefined` when all are done */
function work(waiting: Waiting[]): Promise<void> | undefined {
  let left = waiting
  while (left.length > 0) {
    const batch = take(left)
    const again = attempt(batch)
    if (again instanceof Promise) return again.then((items) => work([...items, ...left]))
    if (again.length > 0) left = [...again, ...left]
  }
  return undefined
}

/** Removes the next batch from what waits. */
function take(waiting: Waiting[]): Waiting[] {
  const [{ batcher, alone }] = waiting as [Waiting]
  let weight = 0
  let count = 0
  for (const next of waiting) {
    if (next.batcher !== batcher) break
    weight += batcher.weigh?.(next.item) ?? 0
    if (count > 0 && (alone || next.alone || weight > 1)) break
    count++
  }
  return waiting.splice(0, count)
}

/** @returns the items that are to be tried again */
function attempt(batch: readonly Waiting[]): Waiting[] | Promise<Waiting[]> {
  const [{ batcher }] = batch as [Waiting]
  try {
    const results = batcher.run(batch.map(({ item }) => item))
    if (!(results instanceof Promise)) return settle(batch, results)
    return results.then(
      (all) => settle(batch, all),
      (error: unknown) => fail(batch, error)
    )
  } catch (error) {
    return fail(batch, error)
  }
}

function settle(batch: readonly Waiting[], results: Results<unknown>): [] {
  for (const [index, { resolve, reject }] of batch.entries()) {
    const result = results[index]
    if (result instanceof Rejection) reject(result.reason)
    else resolve(result)
  }
  return []
}

function fail(batch: readonly Waiting[], error: unknown): Waiting[] {
  const [{ batcher }] = batch as [Waiting]
  if (batch.length > 1 && batcher.isolates?.(error)) return batch.map((waiting) => ({ ...waiting, alone: true }))
  for (const { reject } of batch) reject(error)
  return []
}
