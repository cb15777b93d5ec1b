import { ClosingError } from '../errors.ts'

export interface Operation<T> {
  /** Runs inside the transaction. What it throws before it wrote anything rejects this operation only. */
  run: () => T
  /** Runs after the commit, in the order of operations, before any of their promises is seen resolved. */
  committed?: (result: T) => void
}

interface Waiting {
  operation: Operation<unknown>
  resolve: (result: unknown) => void
  reject: (reason: unknown) => void
}

export interface CommitQueueOptions {
  /** Runs `work` in one durable transaction; throws when nothing of it was kept. */
  transaction: (work: () => void) => void
  /** Whether an error spoils the transaction, rather than only the operation that threw it. */
  isFatal: (error: unknown) => boolean
  /** What the callers of a spoilt transaction are told. */
  translate: (error: unknown) => Error
  /** Runs once after each commit, behind every `committed` and still before any promise is seen resolved. */
  flushed?: () => void
  /** How long an operation that nobody waits for may lie, in milliseconds. @default 25 */
  lazyMs?: number
}

/**
 * Group commit: the operations that come up in one turn of the event loop share one transaction, in their order.
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

    const outcomes: ({ ok: true; result: unknown } | { ok: false; error: unknown })[] = []
    try {
      this.#options.transaction(() => {
        for (const { operation } of batch) {
          try {
            outcomes.push({ ok: true, result: operation.run() })
          } catch (error) {
            if (this.#options.isFatal(error)) throw error
            outcomes.push({ ok: false, error })
          }
        }
      })
    } catch (error) {
      const told = this.#options.translate(error)
      for (const { reject } of batch) reject(told)
      return
    }

    for (const [index, { operation, resolve, reject }] of batch.entries()) {
      const outcome = outcomes[index]
      if (!outcome) continue
      if (outcome.ok) {
        operation.committed?.(outcome.result)
        resolve(outcome.result)
      } else reject(outcome.error)
    }
    this.#options.flushed?.()
  }

  /** Commits what waits and refuses what comes with it or later. */
  close(): void {
    this.#closed = true
    this.flush()
  }
}
