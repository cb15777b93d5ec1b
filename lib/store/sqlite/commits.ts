import { CommitQueue, Rejection, type Batcher, type Commit, type Results } from '../commit-queue.ts'
import type { CommitFeed } from './commit-feed.ts'
import { refusedWrite } from './database.ts'
import type { SqliteSync } from './sync.ts'

export interface Operation<T> {
  /** Characters that it writes, if they may be many. */
  characters?: number
  /** Number of events that it writes. */
  events?: number
  /** The part of a full transaction that it takes. @default by its characters and events */
  weight?: number
  /** It may be done before operations of other lines, such as those of other instances, but not of its own. */
  line?: string | undefined
  /** Runs inside a transaction; runs again, in another one, if the transaction fails. */
  run: () => T
  /** Runs after the commit, in the order of operations, before any of their promises is seen resolved. */
  committed?: (result: T) => void
}

export interface SqliteCommitsOptions {
  /** Runs `work` in one transaction; throws when nothing of it was kept. @returns the highest offset so far */
  transaction: (work: () => void) => number
  /** Called when all up to an offset is durable. */
  durable: (head: number) => void
  /** `undefined` where nothing is durable. */
  sync: SqliteSync | undefined
  feed: CommitFeed
  onCommit: ((commit: Commit) => void) | undefined
}

/** Characters and events of one transaction, beyond which it has no further operation. */
const TRANSACTION_CHARACTERS = 2 * 1_048_576
const TRANSACTION_EVENTS = 512

/**
 * Writes: the operations of one turn of the event loop share a transaction, and those that come while it is made durable
 * share the next one. Each is kept whole or not at all, whatever becomes of the others.
 */
export class SqliteCommits implements Batcher<Operation<unknown>, unknown> {
  readonly #options: SqliteCommitsOptions
  readonly #queue = new CommitQueue()

  constructor(options: SqliteCommitsOptions) {
    this.#options = options
  }

  /**
   * @throws {ClosingError} after `close` @throws {BackpressureError} SQLite cannot write now
   * @throws what the operation throws
   */
  add<T>(operation: Operation<T>, options?: { lazy: boolean }): Promise<T> {
    // Operations of any result wait together; each promise only ever sees its own operation's.
    return this.#queue.add(this, operation as Operation<unknown>, options) as Promise<T>
  }

  /** A transaction of many events, or of large ones, would block the event loop. */
  weigh({ characters = 0, events = 0, weight }: Operation<unknown>): number {
    // Each weighs something: lines of such as have no events do not always go first.
    return weight ?? characters / TRANSACTION_CHARACTERS + Math.max(events, 1) / TRANSACTION_EVENTS
  }

  line({ line }: Operation<unknown>): string | undefined {
    return line
  }

  prepare(operations: readonly Operation<unknown>[]): Promise<void> | undefined {
    const { sync } = this.#options
    const characters = operations.map((operation) => operation.characters ?? 0)
    return sync?.isDue(Math.min(...characters)) ? sync.checkpoint() : undefined
  }

  /** A failed transaction has left nothing: each of its operations may still be kept in one of its own. */
  isolates(): boolean {
    return true
  }

  /** Commits what waits; refuses what comes later. */
  close(): Promise<void> {
    return this.#queue.close()
  }

  run(operations: readonly Operation<unknown>[]): Results<unknown> | Promise<Results<unknown>> {
    const { transaction, sync, onCommit } = this.#options
    const begun = performance.now()
    let results: Results<unknown> = []
    let head: number
    try {
      head = transaction(() => {
        results = operations.map(attempt)
      })
    } catch (error) {
      throw refusedWrite(error)
    }
    const publish = () => {
      onCommit?.({ operations: operations.length, seconds: (performance.now() - begun) / 1_000 })
      this.#publish(operations, { results, head })
      return results
    }
    return sync ? sync.commit().then(publish) : publish()
  }

  #publish(
    operations: readonly Operation<unknown>[],
    { results, head }: { results: Results<unknown>; head: number }
  ): void {
    const { durable, feed } = this.#options
    durable(head)
    for (const [index, { committed }] of operations.entries()) {
      const result = results[index]
      if (!(result instanceof Rejection)) committed?.(result)
    }
    feed.publish()
  }
}

function attempt({ run }: Operation<unknown>): unknown {
  try {
    return run()
  } catch (error) {
    // Errors of ours are thrown before anything is written; after any other the transaction may hold half an operation.
    if ((error as { code?: string }).code?.startsWith('IEV_')) return new Rejection(error)
    throw error
  }
}
