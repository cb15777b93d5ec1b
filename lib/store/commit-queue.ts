import { ClosingError } from '../errors.ts'
import { FairLines, LINE_SHARE, type Lined } from './fair-lines.ts'

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
  /**
   * Begins what has to be done before a batch; `undefined` if there is nothing. The batch is then chosen anew, so that what came
   * meanwhile may go first. If it rejects, the batch fails.
   */
  prepare?: (items: readonly Item[]) => Promise<void> | undefined
  /** The part of a full batch that an item takes. A batch has items up to 1 in all, and one at least. @default 0 */
  weigh?: (item: Item) => number
  /**
   * The line of an item, such as its instance. When much waits, lines share batches; items of a line, and those before and after an
   * item without a line, keep their order. @default none
   */
  line?: (item: Item) => string | undefined
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
 * loop, or while a batch is under way, is the next batch; if that is much, lines of items share batches. Lazy items go
 * with the next other one, or after 25 ms.
 */
export class CommitQueue {
  #waiting: Waiting[] = []
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  #closed = false
  readonly #lines = new FairLines()

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
    this.#working = this.#work()?.then(() => {
      this.#working = undefined
      this.#flush()
    })
  }

  /** Does batch after batch. @returns a promise from the first batch on that is asynchronous; `undefined` when all are done */
  #work(): Promise<void> | undefined {
    // Items that synchronous batches add are done in another turn.
    let left = this.#waiting
    this.#waiting = []
    while (left.length > 0) {
      const batch = take(left, this.#lines)
      const again = prepare(batch) ?? attempt(batch)
      if (again instanceof Promise) {
        return again.then((items) => {
          this.#waiting = [...items, ...left, ...this.#waiting]
          return this.#work()
        })
      }
      if (again.length > 0) left = [...again, ...left]
    }
    return undefined
  }
}

/** Removes the next batch from what waits. */
function take(waiting: Waiting[], lines: FairLines): Waiting[] {
  const [{ batcher, alone }] = waiting as [Waiting]
  let weight = 0
  let count = 0
  for (const next of waiting) {
    if (next.batcher !== batcher) break
    weight += batcher.weigh?.(next.item) ?? 0
    if (count > 0 && (alone || next.alone || weight > 1)) break
    count++
  }
  const now = performance.now()
  const lined = weight > LINE_SHARE ? linedItems(waiting) : []
  let batch: Waiting[]
  if (lined.length > 1) batch = takeChosen(waiting, lines.choose(lined, now))
  else {
    lines.reset()
    batch = waiting.splice(0, count)
  }
  for (const { item } of batch) {
    const line = batcher.line?.(item)
    if (line !== undefined) lines.saw(line, now)
  }
  return batch
}

/** Returns the first items, which have weights, as long as they are of one kind, and each of a line. */
function linedItems(waiting: readonly Waiting[]): Lined[] {
  const [{ batcher }] = waiting as [Waiting]
  const lined: Lined[] = []
  for (const next of waiting) {
    const line = next.batcher === batcher && !next.alone ? batcher.line?.(next.item) : undefined
    if (line === undefined) break
    lined.push({ line, weight: batcher.weigh?.(next.item) as number })
  }
  return lined
}

function takeChosen(waiting: Waiting[], chosen: readonly number[]): Waiting[] {
  const batch = chosen.map((index) => waiting[index] as Waiting)
  const taken = new Set(chosen)
  let kept = 0
  for (const [index, next] of waiting.entries()) if (!taken.has(index)) waiting[kept++] = next
  waiting.length = kept
  return batch
}

/** @returns the items of which the next batch is chosen; `undefined` if there is nothing to prepare */
function prepare(batch: readonly Waiting[]): Promise<readonly Waiting[]> | undefined {
  const [{ batcher }] = batch as [Waiting]
  return batcher.prepare?.(batch.map(({ item }) => item))?.then(
    () => batch,
    (error: unknown) => fail(batch, error)
  )
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
