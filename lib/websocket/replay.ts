import type { StoredEvent } from '../events/event.ts'
import { eventSize } from '../events/messages.ts'
import type { LogStore } from '../store/log-store.ts'
import type { Audience } from './audiences.ts'
import { type BufferBudget, type Chunk, REPLAY_SHARE } from './buffer-budget.ts'
import type { Listener } from './listener.ts'
import { eventPacket, Payload } from './payload.ts'
import type { Resumed } from './resumed.ts'

export interface ReplayOptions {
  logStore: LogStore
  budget: BufferBudget
  /** Returns the offset up to which live listeners were served. */
  head: () => number
  audienceOf: (event: StoredEvent) => Audience
  /** Makes a listener live that has caught up; called in the turn of the event loop in which it has. */
  live: (listener: Listener) => void
  /** Called with the number of events of each page that is sent. */
  replayed: (count: number) => void
}

export interface ReplayStart {
  listener: Listener
  /** The last offset that the client has. */
  offset: number
  /** The log that the offset is of, if the client names it. */
  log: string | undefined
  /** True if the listener was live before: it is not told of the replay, and is disconnected if it misses an event. */
  quiet: boolean
}

/** Offsets that one page covers at most. */
const WINDOW = 2_000
const PAGE_EVENTS = 200
const PAGE_BYTES = 256 * 1_024

/** A listener on the way from an offset of its own to the head of the log. It has one page in flight at most. */
export class Replay {
  readonly listener: Listener
  readonly #quiet: boolean
  readonly #options: ReplayOptions
  #position: number
  /** Until it is known to be this log. */
  #log: string | undefined
  #resumed: Omit<Resumed, 'log'>
  /** Live events that arrive while the last page is read. */
  #held: StoredEvent[] | undefined
  /** The log has the client's offset, and this node has not seen it yet. */
  #isAhead = false
  /** Bytes that the next page is expected to have: an event can be larger than a page. */
  #pageBytes = PAGE_BYTES
  #isOver = false

  constructor({ listener, offset, log, quiet }: ReplayStart, options: ReplayOptions) {
    this.listener = listener
    this.#quiet = quiet
    this.#options = options
    this.#position = offset
    this.#log = log
    this.#resumed = { from: offset, to: offset, count: 0, complete: true }
  }

  /** True if the listener is live, or gone. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** True if the client has read the last page, and this node has seen as much of the log as the client, if the log has it. */
  get canContinue(): boolean {
    const { writer } = this.listener
    return (!writer.waits || !writer.settle()) && (!this.#isAhead || this.#position <= this.#options.head())
  }

  /** True if the budget has room for the next page. */
  get hasRoom(): boolean {
    return this.#options.budget.fits(this.listener.scope.owner, this.#pageBytes, REPLAY_SHARE)
  }

  /** Keeps live events that follow the page that is being read, if it is the last one. */
  hold(events: readonly StoredEvent[]): void {
    if (this.#held) for (const event of events) this.#held.push(event)
  }

  /** Sends nothing from now on. Idempotent. */
  end(): void {
    this.#isOver = true
  }

  /**
   * Reads the next page and sends it. After the last one, the listener is live.
   * @throws the log cannot be read, or a quiet replay misses an event
   */
  async sendPage(): Promise<void> {
    const { head } = this.#options
    if (this.#log !== undefined && !(await this.#isOf(this.#log))) return
    if (this.#position > head()) {
      await this.#compareWithStore()
      return
    }
    const end = head()
    const upTo = Math.min(this.#position + WINDOW, end)
    if (upTo === end) this.#held = []
    const { events, log, prunedTo } = await this.#read(upTo)
    const held = this.#held ?? []
    this.#held = undefined
    if (this.#isOver) return

    const complete = this.#resumed.complete && prunedTo <= this.#position
    if (this.#quiet && !complete) throw new Error('Events that were still to be sent were pruned from the log')
    const size = events.reduce((sum, event) => sum + eventSize(event), 0)
    const whole = events.length < PAGE_EVENTS && size < PAGE_BYTES
    const position = whole ? upTo : (events.at(-1)?.offset as number)
    const finished = position === end
    const packets = this.#packets(events)
    const count = packets.length
    const resumed = { from: this.#resumed.from, to: position, count: this.#resumed.count + count, complete }
    if (finished) {
      if (!this.#quiet) packets.push(this.#packet('resumed', { ...resumed, log } satisfies Resumed))
      packets.push(...this.#packets(held))
    }
    const payload = new Payload(packets, this.listener.scope.owner)
    if (!this.#takesRoom(payload.bytes)) return

    this.#position = position
    this.#resumed = resumed
    this.#options.replayed(count)
    if (finished) {
      this.end()
      this.#options.live(this.listener)
    }
    if (packets.length > 0) this.listener.writer.send(payload)
  }

  /** Reads a page; the budget holds room for it meanwhile. */
  async #read(upTo: number) {
    const { logStore, budget } = this.#options
    const { instanceKey, events: names, instances, owner } = this.listener.scope
    const room: Chunk = { owner, bytes: this.#pageBytes, holders: 0 }
    budget.hold(room)
    try {
      const events = await logStore.read({
        ...(instanceKey !== undefined && { instanceKey }),
        ...(names && { events: [...names] }),
        ...(instances && { instances: [...instances] }),
        after: this.#position,
        upTo,
        limit: PAGE_EVENTS,
        maxBytes: PAGE_BYTES
      })
      const { id: log, prunedTo } = await logStore.range()
      return { events, log, prunedTo }
    } finally {
      budget.release(room)
    }
  }

  /** True if a page that was read can be kept. One that is larger than expected and does not fit is read again later. */
  #takesRoom(bytes: number): boolean {
    const expected = this.#pageBytes
    this.#pageBytes = Math.max(bytes, PAGE_BYTES)
    return bytes <= expected || this.hasRoom
  }

  /** The client has more than this node has seen: another node was faster, or the log was begun anew. */
  async #compareWithStore(): Promise<void> {
    const { head } = await this.#options.logStore.range()
    this.#isAhead = this.#position <= head
    if (!this.#isAhead) this.#restart()
  }

  /** True if the offset is of this log. If not, the client learns so before it receives an event. */
  async #isOf(log: string): Promise<boolean> {
    const { id } = await this.#options.logStore.range()
    this.#log = undefined
    if (id === log) return true
    this.#restart()
    const { writer, scope } = this.listener
    writer.send(new Payload([this.#packet('resuming', { offset: 0, log: id })], scope.owner))
    return false
  }

  /** Replays the whole log: the client's offset is of another one. */
  #restart(): void {
    this.#position = this.#resumed.from = 0
    this.#resumed.complete = false
  }

  /** Packets of the events that the listener may see. */
  #packets(events: readonly StoredEvent[]): string[] {
    const { scope } = this.listener
    return events
      .filter((event) => scope.includes(event, this.#options.audienceOf(event)))
      .map((event) => scope.packet(event))
  }

  #packet(event: string, message: object): string {
    return eventPacket(this.listener.scope.namespace, event, JSON.stringify(message))
  }
}
