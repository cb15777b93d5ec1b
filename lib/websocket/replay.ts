import type { StoredEvent } from '../events/event.ts'
import { eventSize } from '../events/messages.ts'
import type { CommonHistory, LogStore } from '../store/log-store.ts'
import type { Audience } from './audiences.ts'
import { type BufferBudget, type Chunk, REPLAY_SHARE } from './buffer-budget.ts'
import type { Listener } from './listener.ts'
import { clientLog, readClientLog } from './client-log.ts'
import { eventPacket, Payload } from './payload.ts'
import type { Resumed, Resuming } from './resumed.ts'

export interface ReplayOptions {
  logStore: LogStore
  budget: BufferBudget
  /** Returns the epoch of the log, another object whenever one begins, and the offset up to which live listeners were served. */
  epoch: () => CommonHistory
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
  /** The log that the offset is of, if it is known. */
  log: string | undefined
  /** True if the listener was live before: it is not told of the replay, and is disconnected if events were pruned. */
  quiet: boolean
}

/** Offsets that one page covers at most. */
const WINDOW = 2_000
const PAGE_EVENTS = 200
const PAGE_BYTES = 256 * 1_024

/** A listener on the way from an offset of its own to the head of the log. It has one page in flight at most. */
export class Replay {
  readonly listener: Listener
  readonly #options: ReplayOptions
  #quiet: boolean
  #position: number
  /** The log of the position; `undefined`: the client has not named it. */
  #log: string | undefined
  #resumed: Omit<Resumed, 'log'>
  /** True if the client has another offset or log than the next event follows. */
  #isNews = false
  /** Live events that arrive while the last page is read. */
  #held: StoredEvent[] | undefined
  /** The log has the client's offset, and this node has not seen it yet. */
  #isAhead = false
  /** Bytes that the next page is expected to have: an event can be larger than a page. */
  #pageBytes = PAGE_BYTES
  #isOver = false

  constructor({ listener, offset, log, quiet }: ReplayStart, options: ReplayOptions) {
    this.listener = listener
    this.#options = options
    this.#quiet = quiet
    this.#position = offset
    const { id, complete } = readClientLog(log ?? '')
    this.#log = id || undefined
    this.#resumed = { from: offset, to: offset, count: 0, complete }
  }

  /** True if the listener is live, or gone. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** True if the client has read the last page, and this node has seen as much of the log as the client, if the log has it. */
  get canContinue(): boolean {
    const { writer } = this.listener
    return (!writer.waits || !writer.settle()) && (!this.#isAhead || !this.#exceedsHead || this.#isOfOtherLog)
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
    const { head, logStore } = this.#options
    if (this.#isOfOtherLog) return this.#compare()
    if (this.#exceedsHead) return this.#compareWithStore()
    const [epoch, end] = [this.#options.epoch(), head()]
    const { id } = epoch
    this.#log = id
    const upTo = Math.min(this.#position + WINDOW, end)
    if (upTo === end) this.#held = []
    const events = await this.#read(upTo)
    const { prunedTo } = await logStore.range()
    const held = this.#held ?? []
    this.#held = undefined
    if (this.#isOver || epoch !== this.#options.epoch()) return

    const complete = this.#resumed.complete && prunedTo <= this.#position
    if (this.#quiet && !complete) throw new Error('Events that were still to be sent were pruned from the log')
    const size = events.reduce((sum, event) => sum + eventSize(event), 0)
    const whole = events.length < PAGE_EVENTS && size < PAGE_BYTES
    const position = whole ? upTo : (events.at(-1)?.offset as number)
    const finished = position === end
    const packets = this.#packets(events)
    const count = packets.length
    const resumed = { from: this.#resumed.from, to: position, count: this.#resumed.count + count, complete }
    const isNews = this.#isNews || complete !== this.#resumed.complete
    const tellsAtOnce = finished && !this.#quiet
    // If nothing is missing and nothing follows, `resumed` says as much.
    if (isNews && !(tellsAtOnce && complete && count === 0)) packets.unshift(this.#resuming({ id, complete }))
    if (tellsAtOnce) packets.push(this.#packet('resumed', { ...resumed, log: id } satisfies Resumed))
    if (finished) packets.push(...this.#packets(held))
    const payload = new Payload(packets, this.listener.scope.owner)
    if (!this.#takesRoom(payload.bytes)) return

    this.#position = position
    this.#resumed = resumed
    this.#isNews = false
    this.#options.replayed(count)
    if (finished) {
      this.end()
      this.#options.live(this.listener)
    }
    if (packets.length > 0) this.listener.writer.send(payload)
  }

  /** Reads a page; the budget holds room for it meanwhile. */
  async #read(upTo: number): Promise<StoredEvent[]> {
    const { logStore, budget } = this.#options
    const { instanceKey, events: names, instances, owner } = this.listener.scope
    const room: Chunk = { owner, bytes: this.#pageBytes, holders: 0 }
    budget.hold(room)
    try {
      return await logStore.read({
        ...(instanceKey !== undefined && { instanceKey }),
        ...(names && { events: [...names] }),
        ...(instances && { instances: [...instances] }),
        after: this.#position,
        upTo,
        limit: PAGE_EVENTS,
        maxBytes: PAGE_BYTES
      })
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

  /** True if the position is of another log, or of an earlier epoch of this one. */
  get #isOfOtherLog(): boolean {
    return this.#log !== undefined && this.#log !== this.#options.epoch().id
  }

  get #exceedsHead(): boolean {
    return this.#position > this.#options.head()
  }

  /** Continues in the current epoch, after what it has in common with the client. */
  async #compare(): Promise<void> {
    const { id, upTo } = await this.#options.logStore.commonWith(this.#log as string)
    this.#log = id
    this.#isNews = this.listener.resumes
    if (this.#position > upTo) this.#restart(upTo)
  }

  /** The client has more than this node has seen: another node was faster, or the log has lost its end or was begun anew. */
  async #compareWithStore(): Promise<void> {
    const { id, head } = await this.#options.logStore.range()
    if (this.#isOfOtherLog) return
    this.#isAhead = this.#position <= head
    // If the client has not named its log, no event is known to be the same.
    if (!this.#isAhead) this.#restart(this.#log === undefined ? 0 : head)
    this.#log = id
  }

  /** Begins anew after an offset, since what the client has above it is of another log. */
  #restart(offset: number): void {
    this.#isNews = this.listener.resumes
    if (this.listener.resumes) this.#quiet = false
    // One that never asked for offsets only misses what is lost.
    this.#resumed = { from: offset, to: offset, count: 0, complete: this.#quiet }
    this.#position = offset
  }

  /** Gives the client the offset and the log to come back with, before an event of that log. */
  #resuming(log: { id: string; complete: boolean }): string {
    return this.#packet('resuming', { offset: this.#position, log: clientLog(log) } satisfies Resuming)
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
