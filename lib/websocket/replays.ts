import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { eventSize } from '../messages.ts'
import type { EventStore, StoredEvent } from '../store/types.ts'
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
  store: EventStore
  log: FastifyBaseLogger
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
  readonly resumed: Omit<Resumed, 'log'>
  /** Live events that came while the last page was read. */
  held: StoredEvent[] | undefined
}

/** Offsets that one step looks at. */
const WINDOW = 2_000
const PAGE_EVENTS = 200
const PAGE_BYTES = 256 * 1_024
/** Replays that read at once; each lets the event loop turn after its page. */
const PARALLEL = 4
/** How often those are looked at whose client has not made room for the next page yet. */
const RETRY_MS = 20

/**
 * Brings listeners from an offset of theirs to the live end of the log, page by page: none has more than a page under way,
 * and all take turns, so that neither the store nor those who are live wait for them.
 */
export class Replays {
  readonly #options: ReplaysOptions
  readonly #all = new Map<Listener, Replay>()
  readonly #ready: Replay[] = []
  readonly #turns = new Set<Promise<void>>()
  #blocked: Replay[] = []
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: ReplaysOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#all.size
  }

  /** @param offset the last event that the client has @param log the log that it is of, if the client says so */
  add(listener: Listener, offset: number, log?: string): void {
    const resumed = { from: offset, to: offset, count: 0, complete: true }
    const replay = { listener, position: offset, log, resumed, held: undefined }
    this.#all.set(listener, replay)
    this.#ready.push(replay)
    this.#work()
  }

  /** Idempotent. */
  remove(listener: Listener): void {
    this.#all.delete(listener)
  }

  /** Live events, for whoever is about to be live. */
  hold(events: readonly StoredEvent[]): void {
    for (const replay of this.#all.values()) replay.held &&= [...replay.held, ...events]
  }

  /** Resolves when nothing of it touches the store any more. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await Promise.all(this.#turns)
  }

  #work(): void {
    while (!this.#stopped && this.#turns.size < PARALLEL) {
      const replay = this.#ready.shift()
      if (!replay) return
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
    if (this.#mayGoOn(replay)) this.#ready.push(replay)
    else {
      this.#blocked.push(replay)
      this.#timer ??= setTimeout(() => this.#retry(), RETRY_MS)
    }
  }

  #retry(): void {
    this.#timer = undefined
    const blocked = this.#blocked.filter(({ listener }) => this.#all.has(listener))
    this.#blocked = blocked.filter((replay) => !this.#mayGoOn(replay))
    this.#ready.push(...blocked.filter((replay) => this.#mayGoOn(replay)))
    if (this.#blocked.length > 0) this.#timer = setTimeout(() => this.#retry(), RETRY_MS)
    this.#work()
  }

  /** Its client has made room for the next page, and this node has come as far as the client. */
  #mayGoOn({ listener, position }: Replay): boolean {
    return listener.writer.buffered === 0 && position <= this.#options.head()
  }

  async #page(replay: Replay): Promise<void> {
    const { store, head, audienceOf } = this.#options
    const { listener, resumed } = replay
    const { scope } = listener
    if (replay.log !== undefined && !(await this.#isOf(replay, replay.log))) return
    if (replay.position > head()) {
      await this.#ahead(replay)
      return
    }
    const end = head()
    const upTo = Math.min(replay.position + WINDOW, end)
    if (upTo === end) replay.held = []
    const page = await store.read({
      ...(scope.instanceKey !== undefined && { instanceKey: scope.instanceKey }),
      ...(scope.events && { events: [...scope.events] }),
      ...(scope.instances && { instances: [...scope.instances] }),
      after: replay.position,
      upTo,
      limit: PAGE_EVENTS,
      maxBytes: PAGE_BYTES
    })
    const { id: log, prunedTo } = await store.range()
    if (!this.#all.has(listener)) return

    const bytes = page.reduce((sum, event) => sum + eventSize(event), 0)
    const whole = page.length < PAGE_EVENTS && bytes < PAGE_BYTES
    const events = page.filter((event) => scope.includes(event, audienceOf(event)))
    if (prunedTo > replay.position) resumed.complete = false
    if (whole) replay.position = upTo
    else for (const { offset } of page) replay.position = offset
    resumed.count += events.length
    this.#options.replayed(events.length)
    const packets = events.map((event) => scope.packet(event))
    if (replay.position === end) {
      resumed.to = end
      packets.push(eventPacket(scope.namespace, 'resumed', JSON.stringify({ ...resumed, log } satisfies Resumed)))
      this.#finish(replay, packets)
    } else {
      replay.held = undefined
      if (packets.length > 0) listener.writer.send(new Payload(packets))
    }
  }

  /** The client has more than this node has seen: another node was faster, or the log was begun anew since. */
  async #ahead(replay: Replay): Promise<void> {
    const { last } = await this.#options.store.range()
    if (replay.position > last) this.#anew(replay)
  }

  /** Whether the offset is of this log; if not, the client is told so before anything else of it. */
  async #isOf(replay: Replay, log: string): Promise<boolean> {
    const { id } = await this.#options.store.range()
    replay.log = undefined
    if (id === log) return true
    this.#anew(replay)
    const { writer, scope } = replay.listener
    writer.send(new Payload([eventPacket(scope.namespace, 'resuming', JSON.stringify({ offset: 0, log: id }))]))
    return false
  }

  /** The log was begun anew since the client had its offset: all of it is to come. */
  #anew(replay: Replay): void {
    replay.position = replay.resumed.from = 0
    replay.resumed.complete = false
  }

  #finish({ listener, held = [] }: Replay, packets: string[]): void {
    const { audienceOf, live } = this.#options
    for (const event of held) {
      if (listener.scope.includes(event, audienceOf(event))) packets.push(listener.scope.packet(event))
    }
    this.#all.delete(listener)
    live(listener)
    listener.writer.send(new Payload(packets))
  }
}
