import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { StoredEvent } from '../events/event.ts'
import type { Listener } from './listener.ts'
import { Replay, type ReplayOptions, type ReplayStart } from './replay.ts'

export interface ReplaysOptions extends ReplayOptions {
  log: FastifyBaseLogger
}

/** Replays that read at once; each lets the event loop turn after its page. */
const PARALLEL = 4
/** Milliseconds between looks at the replays that wait for their client, for room, or for this node. */
const RETRY_MS = 20
/** Milliseconds without room for any of the replays that wait for it, after which that is a fault. */
const STUCK_MS = 1_000

/**
 * Brings listeners from an offset of theirs to the head of the log. They take turns, page by page, and a page is read only if
 * the budget has room for it, so that neither the store nor live listeners wait for them.
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
    this.#options = {
      ...options,
      live: (listener) => {
        this.#all.delete(listener)
        options.live(listener)
      },
      replayed: (count) => {
        if (this.#stuckSince !== undefined) this.#stuckSince = performance.now()
        options.replayed(count)
      }
    }
  }

  get size(): number {
    return this.#all.size
  }

  /** Number of replays that the budget has no room for. */
  get waiting(): number {
    return this.#waiting
  }

  /** True if replays wait for room and none has had any for a while. */
  get stuck(): boolean {
    return this.#stuckSince !== undefined && performance.now() - this.#stuckSince > STUCK_MS
  }

  add(start: ReplayStart): void {
    const replay = new Replay(start, this.#options)
    this.#all.set(start.listener, replay)
    this.#ready.push(replay)
    this.#work()
  }

  /** Idempotent. */
  remove(listener: Listener): void {
    this.#all.get(listener)?.end()
    this.#all.delete(listener)
  }

  /** Keeps live events for the listeners that are about to be live. */
  hold(events: readonly StoredEvent[]): void {
    for (const replay of this.#all.values()) replay.hold(events)
  }

  /** Resolves when the store is not read any more. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await Promise.all(this.#turns)
  }

  #work(): void {
    while (!this.#stopped && this.#turns.size < PARALLEL) {
      const replay = this.#ready.shift()
      if (!replay) return
      if (!replay.hasRoom) {
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
      if (!replay.isOver) await replay.sendPage()
    } catch (error) {
      // The client reconnects and resumes. Until its connection is closed, which may take one of its polls, nothing is read.
      this.remove(listener)
      this.#options.log.warn({ err: error }, 'A replay could not read the log: its connection was closed')
      listener.socket.conn.close()
    }
    await setImmediate()
    if (replay.isOver) return
    if (replay.canContinue) this.#ready.push(replay)
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
      if (replay.isOver) continue
      if (!replay.canContinue) this.#block(replay)
      else if (replay.hasRoom) this.#ready.push(replay)
      else {
        this.#waiting++
        this.#block(replay)
      }
    }
    this.#stuckSince = this.#waiting === 0 ? undefined : (this.#stuckSince ?? performance.now())
    this.#work()
  }
}
