import type { QueueLine } from './queue-line.ts'

/** Decides which queue sends next, while at most `concurrency` calls are under way. */
export class Turns {
  readonly #concurrency: number
  /** Queues with lanes to send, next first. */
  readonly #ready: QueueLine[] = []
  /** The same, of queues whose last call failed. */
  readonly #failing: QueueLine[] = []
  #calls = 0
  /** Calls under way of queues whose last call failed. */
  #retries = 0
  #retriedLast = false

  constructor(concurrency: number) {
    this.#concurrency = concurrency
  }

  /** Adds a queue, if it has anything to send now. */
  add(line: QueueLine): void {
    if (line.queued || line.waiting || line.empty) return
    line.queued = true
    ;(line.attempts > 0 ? this.#failing : this.#ready).push(line)
  }

  /** Takes the queue that sends next; `undefined` if none may. */
  take(): QueueLine | undefined {
    for (let line = this.#next(); line; line = this.#next()) {
      line.queued = false
      if (!line.waiting && (line.attempts === 0 || line.calls === 0)) return line
    }
    return undefined
  }

  /** Counts a call that begins. Returns a function to call when it has ended. */
  begin(line: QueueLine): () => void {
    const retry = line.attempts > 0
    this.#calls++
    line.calls++
    if (retry) this.#retries++
    this.#retriedLast = retry
    return () => {
      this.#calls--
      line.calls--
      if (retry) this.#retries--
    }
  }

  #next(): QueueLine | undefined {
    if (this.#calls >= this.#concurrency) return undefined
    const half = this.#concurrency / 2
    const [line] = this.#ready
    const [failing] = this.#failing
    // A call that fails may last until its deadline: queues that fail have half of the calls, and leave the other half.
    if (failing && this.#retries < half && (!line || (this.#retries === 0 && !this.#retriedLast)))
      return this.#failing.shift()
    // Half of the calls are for full batches: what is short of one grows meanwhile, and is sent by the others soon enough.
    if (!line || (this.#calls - this.#retries >= half && !line.hasBatch)) return undefined
    return this.#ready.shift()
  }
}
