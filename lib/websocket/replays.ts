import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { eventSize } from '../events/messages.ts'
import type { LogStore } from '../store/log-store.ts'
import type { StoredEvent } from '../events/event.ts'
import { type BufferBudget, type Chunk, REPLAY_SHARE } from './buffer-budget.ts'
import type { Listener } from './listener.ts'
import { eventPacket, Payload } from './payload.ts'
import type { Audience } from './audiences.ts'

/** What a client is told when its replay is over: the event `resumed`. */
export interface Resumed {
  /** The offset it asked to go on from; 0 if the log does not know that one. */
  from: number
  /** The offset up to which it has everything it may see. */
  to: number
  /** How many events were replayed. */
  count: number
  /** `false`: events after `from` were pruned before they could be replayed, or the log was begun anew. */
  complete: boolean
  /** Which log these offsets are of: to be brought along with them. */
  log: string
}

export interface ReplaysOptions {
  logStore: LogStore
  log: FastifyBaseLogger
  budget: BufferBudget
  /** The offset up to which live listeners were served. */
  head: () => number
  audienceOf: (event: StoredEvent) => Audience
  /** Takes a listener that has caught up, in the same turn. */
  live: (listener: Listener) => void
  /** Told of each page of events. */
  replayed: (count: number) => void
}

interface Replay {
  readonly listener: Listener
  position: number
  /** The log that the client says its offset is of, until it is known to be this one. */
  log: string | undefined
  /** What the client is told in the end. */
  resumed: Omit<Resumed, 'log'>
  /** Whether the client was live before: it is told nothing, and is disconnected if it misses something. */
  readonly quiet: boolean
  /** Live events that came while the last page was read. */
  held: StoredEvent[] | undefined
  /** Bytes that the next page is expected to have: an event can be larger than a page. */
  pageBytes: number
}

/** Offsets that one step looks at. */
const WINDOW = 2_000
const PAGE_EVENTS = 200
const PAGE_BYTES = 256 * 1_024
/** Replays that read at once; each lets the event loop turn after its page. */
const PARALLEL = 4
/** How often those are looked at whose client has not made room for the next page yet. */
const RETRY_MS = 20

/** Milliseconds in which replays waited for room and none got any, after which it is a fault. */
const STUCK_MS = 1_000

/**
 * Brings listeners from an offset of theirs to the live end of the log, page by page. None has more than a page under way,
 * a page is read only if the budget has room for it, and all take turns, so that neither the store nor those who are live
 * wait for them.
 */
export class Replays {
  readonly #options: ReplaysOptions
  readonly #all = new Map<Listener, Replay>()
  readonly #ready: Replay[] = []
  readonly #turns = new Set<Promise<void>>()
  #blocked: Replay[] = []
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #waiting = 0
  /** Since when replays have been waiting for room and none of them got any. */
  #stuckSince: number | undefined

  constructor(options: ReplaysOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#all.size
  }

  /** Replays that could go on if the budget had room. */
  get waiting(): number {
    return this.#waiting
  }

  /** Whether replays wait for room and none has got any for a while. */
  get stuck(): boolean {
    return this.#stuckSince !== undefined && performance.now() - this.#stuckSince > STUCK_MS
  }

  /** @param offset the last event that the client has @param log the log that it is of, if the client says so */
  add(listener: Listener, offset: number, log?: string): void {
    this.#add(listener, { offset, log, quiet: false })
  }

  /** Takes a live listener that could not be sent what came after this offset: it gets it, and is live again. */
  catchUp(listener: Listener, offset: number): void {
    this.#add(listener, { offset, log: undefined, quiet: true })
  }

  /** Idempotent. */
  remove(listener: Listener): void {
    this.#all.delete(listener)
  }

  /** Live events, for whoever is about to be live. */
  hold(events: readonly StoredEvent[]): void {
    for (const { held } of this.#all.values()) if (held) for (const event of events) held.push(event)
  }

  /** Resolves when nothing of it touches the store any more. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await Promise.all(this.#turns)
  }

  #add(listener: Listener, { offset, ...rest }: { offset: number } & Pick<Replay, 'log' | 'quiet'>): void {
    const resumed = { from: offset, to: offset, count: 0, complete: true }
    const replay = { ...rest, listener, position: offset, resumed, held: undefined, pageBytes: PAGE_BYTES }
    this.#all.set(listener, replay)
    this.#ready.push(replay)
    this.#work()
  }

  #work(): void {
    while (!this.#stopped && this.#turns.size < PARALLEL) {
      const replay = this.#ready.shift()
      if (!replay) return
      if (!this.#hasRoom(replay)) {
        this.#block(replay)
        continue
      }
      const turn = this.#turn(replay).finally(() => {
        this.#turns.delete(turn)
        this.#work()
      })
      this.#turns.add(turn)
    }
  }

  async #turn(replay: Replay): Promise<void> {
    const { listener } = replay
    try {
      if (this.#all.has(listener)) await this.#page(replay)
    } catch (error) {
      // It comes back, and is told then how far it got. Until its connection is closed, which may take a poll of its, nothing
      // is read for it.
      this.#all.delete(listener)
      this.#options.log.warn({ err: error }, 'A replay could not read the log: its connection was closed')
      listener.socket.conn.close()
    }
    await setImmediate()
    if (!this.#all.has(listener)) return
    if (this.#hasReader(replay) && replay.position <= this.#options.head()) this.#ready.push(replay)
    else this.#block(replay)
  }

  #block(replay: Replay): void {
    this.#blocked.push(replay)
    this.#timer ??= setTimeout(() => this.#retry(), RETRY_MS)
  }

  #retry(): void {
    this.#timer = undefined
    this.#waiting = 0
    for (const replay of this.#blocked.splice(0)) {
      const { listener, position } = replay
      if (!this.#all.has(listener)) continue
      if (!this.#hasReader(replay) || position > this.#options.head()) this.#block(replay)
      else if (this.#hasRoom(replay)) this.#ready.push(replay)
      else {
        this.#waiting++
        this.#block(replay)
      }
    }
    this.#stuckSince = this.#waiting === 0 ? undefined : (this.#stuckSince ?? performance.now())
    this.#work()
  }

  /** Whether the client has made room for the next page. */
  #hasReader({ listener: { writer } }: Replay): boolean {
    return !writer.waits || !writer.settle()
  }

  #hasRoom({ listener, pageBytes }: Replay): boolean {
    return this.#options.budget.fits(listener.scope.owner, pageBytes, REPLAY_SHARE)
  }

  async #page(replay: Replay): Promise<void> {
    const { head, audienceOf } = this.#options
    const { listener, quiet } = replay
    const { scope } = listener
    if (replay.log !== undefined && !(await this.#isOf(replay, replay.log))) return
    if (replay.position > head()) {
      await this.#ahead(replay)
      return
    }
    const end = head()
    const upTo = Math.min(replay.position + WINDOW, end)
    if (upTo === end) replay.held = []
    const { page, log, prunedTo } = await this.#read(replay, upTo)
    const { held = [] } = replay
    replay.held = undefined
    if (!this.#all.has(listener)) return

    const complete = replay.resumed.complete && prunedTo <= replay.position
    if (quiet && !complete) throw new Error('Events that were to be sent have left the log')
    const size = page.reduce((sum, event) => sum + eventSize(event), 0)
    const whole = page.length < PAGE_EVENTS && size < PAGE_BYTES
    let { position } = replay
    for (const { offset } of page) position = offset
    if (whole) position = upTo
    const finished = position === end
    const visible = (event: StoredEvent) => scope.includes(event, audienceOf(event))
    const events = page.filter(visible)
    const packets = events.map((event) => scope.packet(event))
    const { from, count } = replay.resumed
    const resumed = { from, to: position, count: count + events.length, complete }
    if (finished) {
      if (!quiet)
        packets.push(eventPacket(scope.namespace, 'resumed', JSON.stringify({ ...resumed, log } satisfies Resumed)))
      packets.push(...held.filter(visible).map((event) => scope.packet(event)))
    }
    const payload = new Payload(packets, scope.owner)
    if (!this.#takesRoom(replay, payload.bytes)) return

    replay.position = position
    replay.resumed = resumed
    if (this.#stuckSince !== undefined) this.#stuckSince = performance.now()
    this.#options.replayed(events.length)
    if (finished) {
      this.#all.delete(listener)
      this.#options.live(listener)
    }
    if (packets.length > 0) listener.writer.send(payload)
  }

  /** Reads a page, for which there is room until it is here. */
  async #read({ listener, position, pageBytes }: Replay, upTo: number) {
    const { logStore, budget } = this.#options
    const { instanceKey, events, instances, owner } = listener.scope
    const room: Chunk = { owner, bytes: pageBytes, holders: 0 }
    budget.hold(room)
    try {
      const page = await logStore.read({
        ...(instanceKey !== undefined && { instanceKey }),
        ...(events && { events: [...events] }),
        ...(instances && { instances: [...instances] }),
        after: position,
        upTo,
        limit: PAGE_EVENTS,
        maxBytes: PAGE_BYTES
      })
      const { id: log, prunedTo } = await logStore.range()
      return { page, log, prunedTo }
    } finally {
      budget.release(room)
    }
  }

  /** Whether a page can be kept that was read. If it is larger than expected and does not fit, it is read again later. */
  #takesRoom(replay: Replay, bytes: number): boolean {
    const { listener, pageBytes } = replay
    replay.pageBytes = Math.max(bytes, PAGE_BYTES)
    return bytes <= pageBytes || this.#options.budget.fits(listener.scope.owner, bytes, REPLAY_SHARE)
  }

  /** The client has more than this node has seen: another node was faster, or the log was begun anew since. */
  async #ahead(replay: Replay): Promise<void> {
    const { head } = await this.#options.logStore.range()
    if (replay.position > head) this.#anew(replay)
  }

  /** Whether the offset is of this log; if not, the client is told so before anything else of it. */
  async #isOf(replay: Replay, log: string): Promise<boolean> {
    const { id } = await this.#options.logStore.range()
    replay.log = undefined
    if (id === log) return true
    this.#anew(replay)
    const { writer, scope } = replay.listener
    writer.send(
      new Payload([eventPacket(scope.namespace, 'resuming', JSON.stringify({ offset: 0, log: id }))], scope.owner)
    )
    return false
  }

  /** The log was begun anew since the client had its offset: all of it is to come. */
  #anew(replay: Replay): void {
    replay.position = replay.resumed.from = 0
    replay.resumed.complete = false
  }
}
