import { FifoSet } from './fifo-set.ts'
import type { QueueLine } from './queue-line.ts'

/**
 * - `full`: its lanes fill a batch
 * - `short`: they do not, and no call of it is under way
 * - `growing`: they do not, and its batch grows while a call of it is under way
 * - `failing`: its last call failed
 */
export type TurnKind = 'full' | 'short' | 'growing' | 'failing'

/** Calls under way at once, if no option says how many: 32, with more than 1,600 queues one for each 50, at most 256. */
export const CONCURRENCY = { min: 32, queues: 50, max: 256 } as const

/** Returns the number of calls under way at once for a number of queues: queues that have one event each fill no batch. */
export function concurrencyFor(queues: number): number {
  return Math.min(CONCURRENCY.max, Math.max(CONCURRENCY.min, Math.ceil(queues / CONCURRENCY.queues)))
}

/** Decides which queue sends next, while a limited number of calls is under way. */
export class Turns {
  readonly #concurrency: () => number
  /** Queues with lanes to send. */
  readonly #queued: { readonly [K in TurnKind]: FifoSet<QueueLine> } = {
    full: new FifoSet(),
    short: new FifoSet(),
    growing: new FifoSet(),
    failing: new FifoSet()
  }
  #places = 0
  #calls = 0
  /** Calls under way of queues whose last call failed. */
  #retries = 0
  /** Other calls under way whose batch is not full. */
  #shortCalls = 0
  #retriedLast = false

  /** @param concurrency number of calls that may be under way at once; asked each time */
  constructor(concurrency: () => number) {
    this.#concurrency = concurrency
  }

  /** Adds a queue, if it has anything to send now. To be called again when it has more to send, or a call of it has ended. */
  add(line: QueueLine): void {
    if (line.waiting || line.empty) return
    const kind = kindOf(line)
    const { turn } = line
    if (turn === kind) return
    if (turn) this.#queued[turn].delete(line)
    else line.place = this.#places++
    line.turn = kind
    this.#queued[kind].add(line)
  }

  /** Takes the queue that sends next; `undefined` if none may. */
  take(): QueueLine | undefined {
    for (let line = this.#next(); line; line = this.#next()) {
      this.#queued[line.turn as TurnKind].delete(line)
      line.turn = undefined
      if (!line.waiting && (line.attempts === 0 || line.calls === 0)) return line
    }
    return undefined
  }

  /** Counts a call that begins. Returns a function to call when it has ended. @param full whether its batch is full */
  begin(line: QueueLine, { full }: { full: boolean }): () => void {
    const retry = line.attempts > 0
    const short = !retry && !full
    this.#calls++
    line.calls++
    if (retry) this.#retries++
    if (short) this.#shortCalls++
    this.#retriedLast = retry
    return () => {
      this.#calls--
      line.calls--
      if (retry) this.#retries--
      if (short) this.#shortCalls--
    }
  }

  #next(): QueueLine | undefined {
    const concurrency = this.#concurrency()
    if (this.#calls >= concurrency) return undefined
    const half = concurrency / 2
    const failing = this.#queued.failing.first
    const ready = this.#ready(half)
    // A call that fails may last until its deadline: queues that fail have half of the calls, and leave the other half.
    if (failing && this.#retries < half && (!ready || (this.#retries === 0 && !this.#retriedLast))) return failing
    return ready
  }

  /** The queue whose last call did not fail that sends next. */
  #ready(half: number): QueueLine | undefined {
    const { full, short, growing } = this.#queued
    // Short batches leave half of the calls to full ones that come.
    if (full.first && this.#shortCalls >= half) return full.first
    // A batch that waits for a call of its own queue is sent soon enough, and has more events then.
    const mayGrow = this.#calls - this.#retries >= half
    return [full.first, short.first, mayGrow ? undefined : growing.first].reduce(earlier)
  }
}

function kindOf(line: QueueLine): TurnKind {
  if (line.attempts > 0) return 'failing'
  if (line.hasBatch) return 'full'
  return line.calls > 0 ? 'growing' : 'short'
}

function earlier(a: QueueLine | undefined, b: QueueLine | undefined): QueueLine | undefined {
  if (!a || !b) return a ?? b
  return a.place < b.place ? a : b
}
