import { MAX_BATCH_ENTRIES } from './batch.ts'
import type { SendFailure } from './failures.ts'
import { type Holdup, holdupAfter } from './holdup.ts'
import type { Lane } from './lane.ts'
import { SentCount } from './sent-count.ts'
import type { TurnKind } from './turns.ts'

/** Entries by which the limit of a queue grows with each call that is not refused. */
const LIMIT_GROWTH = 1 / 16

/** The lanes of one queue that have something to send, in the order in which they began to wait. */
export class QueueLine {
  readonly queue: string
  /**
   * Calls in a row that failed as a whole; of calls under way at the same time, one counts. While it is not 0, one call at
   * a time tries.
   */
  attempts = 0
  /** The reason why all its lanes are held back. */
  holdup: Holdup | undefined
  /** Calls under way. */
  calls = 0
  /** The queues among which it waits for its turn; set by `Turns`. */
  turn: TurnKind | undefined
  /** Ascends in the order in which queues began to wait for a turn; set by `Turns`. */
  place = 0
  readonly sent = new SentCount()
  readonly #lanes: Lane[] = []
  /** Entries of a batch, in fractions. Halved with each batch that is refused permanently: a proxy may have a lower limit. */
  #limit = MAX_BATCH_ENTRIES
  #timer: NodeJS.Timeout | undefined

  constructor(queue: string) {
    this.queue = queue
  }

  get empty(): boolean {
    return this.#lanes.length === 0
  }

  /** True if it waits for the time of its next try. */
  get waiting(): boolean {
    return this.#timer !== undefined
  }

  /** Entries of its next batch. */
  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** True if its lanes fill a batch. */
  get hasBatch(): boolean {
    let events = 0
    for (const lane of this.#lanes) {
      events += lane.size
      if (events >= this.#limit) return true
    }
    return false
  }

  push(lane: Lane): void {
    lane.enterLine()
    this.#lanes.push(lane)
  }

  unshift(lane: Lane): void {
    lane.enterLine()
    this.#lanes.unshift(lane)
  }

  /** Takes the lane that has waited longest. */
  shift(): Lane | undefined {
    for (let lane = this.#lanes.shift(); lane; lane = this.#lanes.shift()) if (lane.leaveLine()) return lane
    return undefined
  }

  /** Notes the result of a call. @param failure why it failed as a whole */
  tried(failure: SendFailure | undefined): void {
    this.holdup = holdupAfter(failure, this.holdup)
    if (!failure) this.attempts = 0
  }

  /** Sends at most so many entries in the next batch. */
  shrink(entries: number): void {
    this.#limit = entries
  }

  grow(): void {
    this.#limit = Math.min(MAX_BATCH_ENTRIES, this.#limit + LIMIT_GROWTH)
  }

  /** Waits before its next try, then calls `done`. */
  wait(ms: number, done: () => void): void {
    this.attempts++
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      done()
    }, ms)
  }

  /** Ends a wait early, without its `done`. */
  resume(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Ends a wait early, without its `done`, and forgets that calls failed. */
  wake(): void {
    this.attempts = 0
    this.resume()
  }
}
