import { eventSize } from '../events/messages.ts'
import type { EventStore } from '../store/event-store.ts'
import type { LaneKey } from '../store/delivery-store.ts'
import type { StoredEvent } from '../events/event.ts'
import { MAX_BATCH_ENTRIES } from './batch.ts'
import type { Holdup } from './holdup.ts'

/** Events held in memory for one lane, at most. What lies beyond is read from the store when its turn comes. */
const WINDOW_EVENTS = 200
const PAGE_CHARACTERS = 256 * 1_024
/** A lane that is behind reads on when fewer than a batch is left. */
const LOW_WATER = 10

/** Characters of events that all lanes together hold; shared by the lanes of one sender. */
export interface MemoryBudget {
  used: number
  readonly max: number
}

/**
 * One instance's pending events of one queue, in offset order: a window in memory, the rest in the store.
 * A lane is sent by one call at a time.
 */
export class Lane {
  readonly queue: string
  readonly instanceKey: number
  /** A batch of it is on its way. */
  inFlight = false
  /** Reading its next page, or putting its first event into S3. */
  loading = false
  /** Waiting for a time to try again. */
  retryTimer: NodeJS.Timeout | undefined
  /** Tries in a row that failed, for whatever reason. */
  attempts = 0
  /** Tries of its first event in a row that SQS refused for good. */
  refusals = 0
  /** Entries of a batch that it is in: halved with each that is refused for good, until it goes alone or is accepted. */
  limit = MAX_BATCH_ENTRIES
  /** What holds it back while its first event fails. */
  holdup: Holdup | undefined
  /** Another process sends it from now on. */
  dropped = false
  /** It stands in its queue's line. */
  queued = false
  readonly #budget: MemoryBudget
  #window: StoredEvent[] = []
  /** The store has events after `#last` that the window has not. */
  #behind: boolean
  #missed = false
  #rewind = false
  #last: number

  /** @param after the offset below which nothing is pending @param behind whether the store has more after it */
  constructor(
    { queue, instanceKey }: LaneKey,
    budget: MemoryBudget,
    { after, behind }: { after: number; behind: boolean }
  ) {
    this.queue = queue
    this.instanceKey = instanceKey
    this.#budget = budget
    this.#last = after
    this.#behind = behind
  }

  get waiting(): number {
    return this.#window.length
  }

  get needsLoad(): boolean {
    const low = this.#budget.used < this.#budget.max ? LOW_WATER : 1
    return this.#rewind || (this.#behind && this.#window.length < low)
  }

  get rewinding(): boolean {
    return this.#rewind
  }

  /** Something older than what it has is pending again: its next page is the first one. */
  rewind(): void {
    this.#rewind = true
  }

  /** The store has more of it than it was given. */
  fallBehind(): void {
    this.#behind = true
    this.#missed = true
  }

  /** A new event of the lane: into the window, if there is room and nothing before it is missing. */
  push(event: StoredEvent): void {
    if (this.#behind || this.#window.length >= WINDOW_EVENTS || this.#budget.used >= this.#budget.max) {
      this.fallBehind()
      return
    }
    this.#hold([event])
  }

  /** Lets go of what it holds. */
  drop(): void {
    this.dropped = true
    clearTimeout(this.retryTimer)
    this.retryTimer = undefined
    this.#clear()
  }

  first(): StoredEvent | undefined {
    return this.#window[0]
  }

  /** The same event in a smaller form. */
  replaceFirst(event: StoredEvent): void {
    const before = this.shift()
    if (before) this.unshift([event])
  }

  shift(): StoredEvent | undefined {
    const event = this.#window.shift()
    if (event) this.#budget.used -= eventSize(event)
    return event
  }

  /** Puts events back that were not accepted, in their order, before what waits. */
  unshift(events: readonly StoredEvent[]): void {
    this.#window.unshift(...events)
    for (const event of events) this.#budget.used += eventSize(event)
  }

  /** Reads the next page. */
  async load(store: EventStore): Promise<void> {
    this.loading = true
    try {
      if (this.#rewind) this.#startOver()
      this.#missed = false
      // Without room a lane still has its next event: one that fails must not keep another from being sent.
      const limit = this.#budget.used < this.#budget.max ? WINDOW_EVENTS : 1
      const page = await store.deliveries.readLane(this, { after: this.#last, limit, maxBytes: PAGE_CHARACTERS })
      this.#hold(page)
      if (page.length === 0 && !this.#missed) this.#behind = false
    } finally {
      this.loading = false
    }
  }

  #clear(): void {
    for (const event of this.#window) this.#budget.used -= eventSize(event)
    this.#window = []
  }

  #startOver(): void {
    this.#clear()
    this.#last = 0
    this.#behind = true
    this.#rewind = false
  }

  #hold(events: readonly StoredEvent[]): void {
    for (const event of events) {
      this.#window.push(event)
      this.#budget.used += eventSize(event)
      this.#last = event.offset
    }
  }
}
