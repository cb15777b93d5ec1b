import type { StoredEvent } from '../events/event.ts'
import type { CommonHistory } from '../store/log-store.ts'
import type { Audience } from './audiences.ts'
import { type BufferBudget, REPLAY_SHARE } from './buffer-budget.ts'
import type { Comparisons } from './comparisons.ts'
import type { Listener } from './listener.ts'
import { clientLog, readClientLog } from './client-log.ts'
import type { Payload } from './payload.ts'
import type { Progress } from './progress.ts'
import type { Resumed, Resuming } from './resumed.ts'
import type { SharedPage } from './shared-page.ts'

export interface ReplayOptions {
  budget: BufferBudget
  /**
   * Returns the epoch of the log, another object whenever one begins or events are erased, and the offset up to which
   * live listeners were served.
   */
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

/** What a client has. */
interface Told {
  /** The last offset, and its log; `undefined`: it has not named it, and it is not known. */
  readonly offset: number
  readonly log: string | undefined
  readonly resumed: Omit<Resumed, 'log'>
  readonly quiet: boolean
}

export const PAGE_EVENTS = 200
export const PAGE_BYTES = 256 * 1_024

/** A listener on the way from an offset of its own to the head of the log. It has one page in flight at most. */
export class Replay {
  readonly listener: Listener
  readonly #options: ReplayOptions
  #quiet: boolean
  #position: number
  /** The log of the position; `undefined`: the client has not named it, and has a higher offset than this node has seen. */
  #log: string | undefined
  #resumed: Omit<Resumed, 'log'>
  /** As of the last thing that it was sent: it may name this when it comes back, and the log of the position may be gone by then. */
  #told: Told
  /** True if the client has another offset or log than the next event follows. */
  #isNews = false
  #pageBytes = PAGE_BYTES
  #isOver = false

  constructor({ listener, offset, log, quiet }: ReplayStart, options: ReplayOptions) {
    this.listener = listener
    this.#options = options
    this.#quiet = quiet
    this.#position = offset
    const { id, complete } = readClientLog(log ?? '')
    this.#log = id || undefined
    // If the log loses its end from now on, the client is told.
    if (!this.#exceedsHead) this.#log ??= options.epoch().id
    this.#resumed = { from: offset, to: offset, count: 0, complete }
    // One that comes with nothing can lose nothing.
    const named = offset === 0 ? id || undefined : this.#log
    this.#told = { offset: listener.told, log: named, resumed: this.#resumed, quiet }
  }

  /** True if the listener is live, or gone. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** The last offset that the client has, or was sent. */
  get position(): number {
    return this.#position
  }

  get progress(): Progress {
    const now = { offset: this.#position, log: this.#log, resumed: this.#resumed }
    // Of the position it is not known what is left.
    const { offset, log = '', resumed } = this.#isOfOtherLog ? this.#told : now
    return { offset, log, complete: resumed.complete, isLive: false }
  }

  /** Bytes that the next page is expected to have: an event can be larger than a page. */
  get pageBytes(): number {
    return this.#pageBytes
  }

  /** True if the position is one of the current log, and this node has seen as much: pages can be read. */
  get isPlaced(): boolean {
    return !this.#isOfOtherLog && !this.#exceedsHead
  }

  /**
   * True if the client has read the last page, and this node has seen as much of the log as the client, or is to
   * compare it anew.
   */
  get canContinue(): boolean {
    const { writer } = this.listener
    return (!writer.waits || !writer.settle()) && (!this.#exceedsHead || this.#isOfOtherLog)
  }

  /** True if the budget has room for the next page. */
  get hasRoom(): boolean {
    return this.#options.budget.fits(this.listener.scope.owner, this.#pageBytes, REPLAY_SHARE)
  }

  /** Sends nothing from now on. Idempotent. */
  end(): void {
    this.#isOver = true
  }

  /** Finds the position in the current log that the client's offset stands for. @throws the log cannot be read */
  async place(comparisons: Comparisons): Promise<void> {
    if (this.#isOfOtherLog && this.#told.log !== undefined) await this.#compare(comparisons)
    else await this.#compareWithStore(comparisons)
  }

  /**
   * Sends what the page has for it, which follows its position. After the last one, the listener is live.
   * @returns whether there was room for it @throws a quiet replay misses an event
   */
  take(page: SharedPage): boolean {
    const { id } = this.#options.epoch()
    const { scope, writer } = this.listener
    const complete = this.#resumed.complete && page.prunedTo <= this.#position
    if (this.#quiet && !complete) throw new Error('Events that were still to be sent were pruned from the log')
    const { events, payload } = page.of(scope, this.#position)
    const { reached: position, isLast } = page
    const count = events.length
    const resumed = { from: this.#resumed.from, to: position, count: this.#resumed.count + count, complete }
    const isNews = this.#isNews || complete !== this.#resumed.complete
    const tellsAtOnce = isLast && !this.#quiet
    // If nothing is missing and nothing follows, `resumed` says as much.
    const resuming = isNews && !(tellsAtOnce && complete && count === 0) ? [this.#resuming({ id, complete })] : []
    const after = tellsAtOnce ? [['resumed', { ...resumed, log: id } satisfies Resumed] as const] : []
    const live = isLast ? page.heldFor(scope).payload : undefined
    const parts = [scope.notifications(resuming), payload, scope.notifications(after), live].filter(isFilled)
    const added = parts.filter((part) => !(part.isHeld && writer.sharesFrames))
    // A payload that is sent as one buffer is encoded now, so its bytes are not counted earlier.
    const bytes = added.reduce((sum, part) => sum + (writer.sharesFrames ? part.chunk.bytes : part.bytes), 0)
    this.#pageBytes = Math.max(bytes, PAGE_BYTES)
    if (!this.#options.budget.fits(scope.owner, bytes, REPLAY_SHARE)) return false

    const before = this.#position
    this.#log = id
    this.#position = position
    this.#resumed = resumed
    this.#isNews = false
    this.#options.replayed(count)
    if (isLast) {
      this.end()
      this.#options.live(this.listener)
    }
    const [first, ...others] = parts
    if (!first) return true
    const lastLive = isLast ? page.heldFor(scope).events.at(-1) : undefined
    const last = lastLive ?? (tellsAtOnce ? undefined : events.at(-1))
    this.listener.told = last?.offset ?? (tellsAtOnce ? position : before)
    this.#told = { offset: this.listener.told, log: id, resumed, quiet: this.#quiet }
    writer.send(first, ...others)
    return true
  }

  /** True if the position is of another log, or of an earlier epoch of this one. */
  get #isOfOtherLog(): boolean {
    return this.#log !== undefined && this.#log !== this.#options.epoch().id
  }

  get #exceedsHead(): boolean {
    return this.#position > this.#options.head()
  }

  /** Continues in the current epoch, after what it has in common with the client. */
  async #compare(comparisons: Comparisons): Promise<void> {
    const { offset, log } = this.#told
    const { id, upTo, isKnown } = await comparisons.commonWith(log as string)
    this.#continue(upTo)
    if (!isKnown || offset > upTo) this.#restart(upTo)
    this.#isNews = this.listener.resumes
    this.#log = id
  }

  /** The client has more than this node has seen: another node was faster, or the log has lost its end or was begun anew. */
  async #compareWithStore(comparisons: Comparisons): Promise<void> {
    const { offset, log } = this.#told
    const { id, head } = await comparisons.range()
    if (log !== undefined && this.#isOfOtherLog) return
    this.#continue(head)
    // If the client has not named its log, no event is known to be the same.
    if (offset > head) this.#restart(log === undefined ? 0 : head)
    else if (offset > 0 && log === undefined) this.#told = { ...this.#told, log: id }
    this.#log = id
  }

  /** Goes on after what the client has: another epoch, of which it was not told, may be gone, and what was found in it. */
  #continue(upTo: number): void {
    const { offset, log, resumed, quiet } = this.#told
    // It has all of its events up to the position, which were none since.
    const position = log === this.#log ? this.#position : offset
    this.#position = Math.min(position, upTo)
    this.#resumed = { ...resumed, from: Math.min(resumed.from, upTo) }
    this.#quiet = quiet
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
  #resuming(log: { id: string; complete: boolean }): readonly ['resuming', Resuming] {
    return ['resuming', { offset: this.#position, log: clientLog(log) }]
  }
}

function isFilled(payload: Payload | undefined): payload is Payload {
  return payload !== undefined && payload.packets.length > 0
}
