import { ClosingError } from '../errors.ts'

export interface Operation<T> {
  /** Runs inside the transaction; runs again if the transaction was spoilt. */
  run: () => T
  /** Runs after the commit, in the order of operations, before any of their promises is seen resolved. */
  committed?: (result: T) => void
}

interface Waiting {
  operation: Operation<unknown>
  resolve: (result: unknown) => void
  reject: (reason: unknown) => void
}

type Outcome = { ok: true; result: unknown } | { ok: false; error: unknown }

/** What one transaction took. */
export interface Commit {
  operations: number
  seconds: number
}

export interface CommitQueueOptions {
  /** Runs `work` in one durable transaction; throws when nothing of it was kept. */
  transaction: (work: () => void) => void
  /** Whether what an operation threw may have left something half-written, so that the transaction is spoilt. */
  isFatal: (error: unknown) => boolean
  /** What the caller of an operation is told whose transaction was spoilt. */
  translate: (error: unknown) => Error
  /** Told of each transaction that was kept. */
  measured?: (commit: Commit) => void
  /** Runs once after each commit, behind every `committed` and still before any promise is seen resolved. */
  flushed?: () => void
  /** How long an operation that nobody waits for may lie, in milliseconds. @default 25 */
  lazyMs?: number
}

/**
 * Group commit: the operations that come up in one turn of the event loop share one transaction, in their order.
 * Each is kept whole or not at all, whatever becomes of the others.
 * Lazy operations ride along with the next one, or go after `lazyMs`.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions
  readonly #lazyMs: number
  #waiting: Waiting[] = []
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: CommitQueueOptions) {
    this.#options = options
    this.#lazyMs = options.lazyMs ?? 25
  }

  /** @throws {ClosingError} after `close`, and what the transaction's failure translates to */
  add<T>(operation: Operation<T>, { lazy }: { lazy: boolean } = { lazy: false }): Promise<T> {
    if (this.#closed) return Promise.reject(new ClosingError())
    return new Promise<T>((resolve, reject) => {
      // The queue holds operations of any result; each promise only ever sees its own operation's.
      this.#waiting.push({ operation, resolve, reject } as unknown as Waiting)
      if (!lazy) this.#immediate ??= setImmediate(() => this.flush())
      else if (!this.#immediate) this.#timer ??= setTimeout(() => this.flush(), this.#lazyMs)
    })
  }

  /** Commits what waits, now. */
  flush(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    this.#immediate = undefined
    this.#timer = undefined
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []

    this.#commit(batch)
    this.#options.flushed?.()
  }

  #commit(batch: readonly Waiting[]): void {
    const outcomes: Outcome[] = []
    const begun = performance.now()
    try {
      this.#options.transaction(() => {
        for (const { operation } of batch) outcomes.push(this.#run(operation))
      })
    } catch (error) {
      // Nothing of it was kept. One of them may have spoilt it for the others: each gets its own chance.
      if (batch.length > 1) for (const waiting of batch) this.#commit([waiting])
      else batch[0]?.reject(this.#options.translate(error))
      return
    }
    this.#options.measured?.({ operations: batch.length, seconds: (performance.now() - begun) / 1_000 })
    for (const [index, { operation, resolve, reject }] of batch.entries()) {
      const outcome = outcomes[index]
      if (outcome?.ok) {
        operation.committed?.(outcome.result)
        resolve(outcome.result)
      } else reject(outcome?.error)
    }
  }

  #run({ run }: Operation<unknown>): Outcome {
    try {
      return { ok: true, result: run() }
    } catch (error) {
      if (this.#options.isFatal(error)) throw error
      return { ok: false, error }
    }
  }

  /** Commits what waits and refuses what comes with it or later. */
  close(): void {
    this.#closed = true
    this.flush()
  }
}
