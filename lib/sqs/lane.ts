import { eventSize } from '../events/messages.ts'
import type { DeliveryStore, LaneKey } from '../store/delivery-store.ts'
import type { StoredEvent } from '../events/event.ts'
import { MAX_BATCH_ENTRIES } from './batch.ts'
import type { SendFailure } from './failures.ts'
import { type Holdup, holdupAfter } from './holdup.ts'
import { type ContentOf, type LaneEvent, toLaneEvent } from './lane-event.ts'

/** Events held in memory for one lane. Events beyond are read from the store when their turn comes. */
const WINDOW_EVENTS = 200
const PAGE_CHARACTERS = 256 * 1_024
/** A lane that is behind reads on when fewer than a batch is left. */
const LOW_WATER = 10

/** Characters of events that all lanes of one sender hold together. */
export interface MemoryBudget {
  used: number
  readonly max: number
}

/**
 * - `idle`: nothing is under way
 * - `queued`: it stands in the line of its queue
 * - `loading`: its next page is read, or its first event is put into S3
 * - `inFlight`: a batch with events of it is under way
 * - `waiting`: until it may try again
 * - `leaving`: in flight, but another process sends it from now on
 * - `dropped`: another process sends it
 */
export type LaneState = 'idle' | 'queued' | 'loading' | 'inFlight' | 'waiting' | 'leaving' | 'dropped'

/**
 * The pending events of one instance in one queue, in offset order: a window of them in memory, the rest in the store.
 * At most one call sends events of a lane at a time.
 */
export class Lane {
  readonly queue: string
  readonly instanceKey: number
  /** The epoch of the log that its events are of. */
  readonly epoch: string | undefined
  /** Tries in a row that failed, for whatever reason. */
  attempts = 0
  /** Tries of its first event in a row that SQS refused permanently. */
  refusals = 0
  /** Entries of a batch that has events of it: halved with each batch that is refused permanently. */
  limit = MAX_BATCH_ENTRIES
  /** The reason why its first event is held back. */
  holdup: Holdup | undefined
  readonly #contentOf: ContentOf
  readonly #budget: MemoryBudget
  #state: LaneState = 'idle'
  #timer: NodeJS.Timeout | undefined
  #left: PromiseWithResolvers<void> | undefined
  #window: LaneEvent[] = []
  /** The offset up to which the window was filled. */
  #last: number
  /** True if the store has events after `#last`. */
  #behind: boolean
  /** True if an event was pushed after the page that is being read was asked for. */
  #missed = false
  #rewind = false

  /** @param begin `after`: nothing up to this offset is pending; `behind`: whether the store has pending events after it */
  constructor(
    { queue, instanceKey, epoch, contentOf }: LaneKey & { epoch: string | undefined; contentOf: ContentOf },
    budget: MemoryBudget,
    begin: { after: number; behind: boolean }
  ) {
    this.queue = queue
    this.instanceKey = instanceKey
    this.epoch = epoch
    this.#contentOf = contentOf
    this.#budget = budget
    this.#last = begin.after
    this.#behind = begin.behind
  }

  get state(): LaneState {
    return this.#state
  }

  /** Number of events in the window. */
  get size(): number {
    return this.#window.length
  }

  get first(): LaneEvent | undefined {
    return this.#window[0]
  }

  /** True if its next page is to be read before anything else is sent. */
  get needsLoad(): boolean {
    const low = this.hasRoom ? LOW_WATER : 1
    return this.#rewind || (this.#behind && this.#window.length < low)
  }

  get rewinding(): boolean {
    return this.#rewind
  }

  /** True if all lanes together may hold more events. */
  get hasRoom(): boolean {
    return this.#budget.used < this.#budget.max
  }

  get #dropped(): boolean {
    return this.#state === 'dropped'
  }

  /** Reads from the beginning next: something older than its window is pending again, or its events are no longer what it holds. */
  rewind(): void {
    this.#clear()
    this.#rewind = true
  }

  /** Reads from the store what follows its window: it was given less than is pending. */
  fallBehind(): void {
    this.#behind = true
    this.#missed = true
  }

  /** Adds a new event: to the window, if there is room and nothing before it is missing. */
  push(event: StoredEvent): void {
    if (this.#rewind || this.#behind || this.#window.length >= WINDOW_EVENTS || !this.hasRoom) this.fallBehind()
    else this.#hold(event)
  }

  shift(): void {
    const event = this.#window.shift()
    if (event) this.#budget.used -= eventSize(event)
  }

  /** Puts events back that were not accepted, in their order, before the others. */
  unshift(events: readonly LaneEvent[]): void {
    this.#window.unshift(...events)
    for (const event of events) this.#budget.used += eventSize(event)
  }

  /** Counts a try of its first event: a failure, or a success. */
  tried(failure: SendFailure | undefined): void {
    this.holdup = holdupAfter(failure, this.holdup)
    this.attempts = failure ? this.attempts + 1 : 0
    this.refusals = failure?.kind === 'permanent' ? this.refusals + 1 : 0
  }

  enterLine(): void {
    this.#state = 'queued'
  }

  /** @returns whether it is still to be sent by this process */
  leaveLine(): boolean {
    if (this.#dropped) return false
    this.#state = 'idle'
    return true
  }

  /** Events of it are in a batch. */
  depart(): void {
    this.#state = 'inFlight'
  }

  /** The batch has come back. */
  arrive(): void {
    this.#state = this.#state === 'leaving' ? 'dropped' : 'idle'
    this.#left?.resolve()
  }

  /** Waits before its next try, then calls `done`. */
  wait(ms: number, done: () => void): void {
    this.#state = 'waiting'
    this.#timer = setTimeout(() => {
      this.#state = 'idle'
      done()
    }, ms)
  }

  /** Ends a wait early, without its `done`, and forgets that tries failed. */
  wake(): void {
    this.attempts = 0
    if (this.#state !== 'waiting') return
    clearTimeout(this.#timer)
    this.#state = 'idle'
  }

  startLoading(): void {
    this.#state = 'loading'
  }

  stopLoading(): void {
    if (this.#state === 'loading') this.#state = 'idle'
  }

  /** Reads the next page. Rejects with the error of the store. */
  async load(deliveries: Pick<DeliveryStore, 'readLane'>): Promise<void> {
    if (this.#dropped) return
    if (this.#rewind) this.#startOver()
    this.#missed = false
    // Without room a lane still has its next event: one that fails must not keep another from being sent.
    const limit = this.hasRoom ? WINDOW_EVENTS : 1
    try {
      const page = await deliveries.readLane(this, { after: this.#last, limit, maxBytes: PAGE_CHARACTERS })
      if (this.#dropped) return
      for (const event of page) this.#hold(event)
      if (page.length === 0 && !this.#missed) this.#behind = false
    } finally {
      this.stopLoading()
    }
  }

  /**
   * Replaces the first event by the result of `put`, a reference to an S3 object, and sends it. Rejects if `put` does.
   * @param put resolves with `undefined` if the event is no longer pending; the lane is then read from its beginning
   */
  async offload(put: () => Promise<LaneEvent | undefined>): Promise<void> {
    this.#state = 'loading'
    try {
      const event = await put()
      if (this.#dropped) return
      if (!event) return this.rewind()
      this.shift()
      this.unshift([event])
    } finally {
      this.stopLoading()
    }
  }

  /** Sends nothing more, and forgets its window. @returns when its batch has come back, if one is under way */
  drop(): Promise<void> | undefined {
    clearTimeout(this.#timer)
    this.#clear()
    if (this.#state !== 'inFlight') {
      this.#state = 'dropped'
      return undefined
    }
    this.#state = 'leaving'
    this.#left = Promise.withResolvers()
    return this.#left.promise
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

  #hold(event: StoredEvent): void {
    const held = toLaneEvent(event, (whole) => this.#contentOf(whole, this.queue))
    this.#window.push(held)
    this.#budget.used += eventSize(held)
    this.#last = event.offset
  }
}
