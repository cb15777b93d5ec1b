import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { StoredEvent } from '../events/event.ts'
import type { LogPage, LogStore } from '../store/log-store.ts'
import { REPLAY_SHARE } from './buffer-budget.ts'
import { BlockedReplays } from './blocked-replays.ts'
import { Comparisons } from './comparisons.ts'
import { HeldEvents } from './held-events.ts'
import type { Listener } from './listener.ts'
import { Pass } from './pass.ts'
import type { Progress } from './progress.ts'
import { PAGE_BYTES, PAGE_EVENTS, Replay, type ReplayOptions, type ReplayStart } from './replay.ts'
import { SharedPage } from './shared-page.ts'

export interface ReplaysOptions extends ReplayOptions {
  logStore: LogStore
  log: FastifyBaseLogger
}

/** Reads of the store at once, and passes that one read serves: each of them receives a page. */
const PARALLEL = 2
const PASSES = 32
/** Pages after which a pass lets others go first: most replays are over by then, and are not delayed by long ones. */
const TURN_PAGES = 10
/** Listeners that receive a page before the event loop turns. */
const TURN_SENDS = 64

/**
 * Brings listeners from an offset of theirs to the head of the log. Those of the same instance that wait at the same time read it
 * in one pass, and one read of the store serves several passes. A page is read only if the budget has room for it, and sent in
 * parts, so that neither the store nor live listeners wait for replays. No listener waits for a slow one: that continues in a
 * later pass.
 */
export class Replays {
  readonly #options: ReplaysOptions
  readonly #all = new Map<Listener, Replay>()
  /** Passes that wait for their turn. */
  readonly #queue: Pass[] = []
  /** Those of them that have not begun, which others may join. */
  readonly #open = new Map<Pass['owner'], Pass>()
  /** Replays whose offset is to be compared with the log. */
  readonly #unplaced: Replay[] = []
  readonly #steps = new Set<Promise<void>>()
  readonly #held = new Set<HeldEvents>()
  readonly #blocked = new BlockedReplays((replays) => {
    for (const replay of replays) this.#join(replay)
    this.#work()
  })
  #stopped = false

  constructor(options: ReplaysOptions) {
    this.#options = {
      ...options,
      live: (listener) => {
        this.#all.delete(listener)
        options.live(listener)
      },
      replayed: (count) => {
        this.#blocked.hadRoom()
        options.replayed(count)
      }
    }
  }

  get size(): number {
    return this.#all.size
  }

  /** Number of replays that the budget has no room for. */
  get waiting(): number {
    return this.#blocked.waiting
  }

  /** True if replays wait for room and none has had any for a while. */
  get stuck(): boolean {
    return this.#blocked.stuck
  }

  add(start: ReplayStart): void {
    const replay = new Replay(start, this.#options)
    this.#all.set(start.listener, replay)
    this.#join(replay)
    this.#work()
  }

  /** Idempotent. */
  remove(listener: Listener): void {
    this.#all.get(listener)?.end()
    this.#all.delete(listener)
  }

  /** Returns how far a listener has got; `undefined` if it is not in replay. */
  progressOf(listener: Listener): Progress | undefined {
    return this.#all.get(listener)?.progress
  }

  /** Keeps live events for the listeners that are about to be live. */
  hold(events: readonly StoredEvent[]): void {
    for (const held of this.#held) held.add(events)
  }

  /** Resolves when the store is not read any more. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#blocked.stop()
    await Promise.all(this.#steps)
  }

  /** Lets a replay read in the next pass of its instance. */
  #join(replay: Replay): void {
    if (!replay.isPlaced) {
      this.#unplaced.push(replay)
      return
    }
    const { owner } = replay.listener.scope
    let pass = this.#open.get(owner)
    if (!pass) {
      pass = new Pass(owner)
      this.#open.set(owner, pass)
      this.#queue.push(pass)
    }
    pass.replays.add(replay)
  }

  #work(): void {
    while (!this.#stopped && this.#steps.size < PARALLEL) {
      const begun = this.#next()
      if (!begun) return
      const step = begun.finally(() => {
        this.#steps.delete(step)
        this.#work()
      })
      this.#steps.add(step)
    }
  }

  #next(): Promise<void> | undefined {
    const unplaced = this.#unplaced.splice(0)
    if (unplaced.length > 0) return this.#place(unplaced)
    const passes = this.#takePasses()
    if (passes.length > 0) return this.#read(passes)
    return this.#unplaced.length > 0 ? this.#next() : undefined
  }

  /** The next passes, for each of which the budget holds room. */
  #takePasses(): Pass[] {
    const { budget } = this.#options
    const passes: Pass[] = []
    while (passes.length < PASSES) {
      const pass = this.#queue.shift()
      if (!pass) break
      if (this.#open.get(pass.owner) === pass) this.#open.delete(pass.owner)
      for (const replay of pass.replays) {
        if (!replay.isOver && replay.isPlaced) continue
        pass.replays.delete(replay)
        if (!replay.isOver) this.#unplaced.push(replay)
      }
      const { owner, pageBytes: bytes } = pass
      if (pass.replays.size === 0) continue
      if (budget.fits(owner, bytes, REPLAY_SHARE)) {
        pass.room = { owner, bytes, holders: 0 }
        budget.hold(pass.room)
        passes.push(pass)
      } else for (const replay of pass.replays) this.#blocked.add(replay)
    }
    return passes
  }

  async #place(replays: readonly Replay[]): Promise<void> {
    const comparisons = new Comparisons(this.#options.logStore)
    const place = async (replay: Replay) => {
      try {
        await replay.place(comparisons)
      } catch (error) {
        this.#fail([replay], error)
      }
      if (replay.isOver) return
      if (replay.canContinue) this.#join(replay)
      else this.#blocked.add(replay)
    }
    await Promise.all(replays.map(place))
  }

  /** Reads a page for each pass and sends it. */
  async #read(passes: readonly Pass[]): Promise<void> {
    const { audienceOf, head, epoch: current } = this.#options
    const [epoch, end] = [current(), head()]
    const held = new HeldEvents(new Set(passes.map(({ owner }) => owner)))
    this.#held.add(held)
    try {
      const pages = await this.#readPages(passes, end)
      for (const [pass, page] of pages) {
        const { position } = pass
        const isLast = page.reached === end
        const shared = new SharedPage({
          after: position,
          held: () => (isLast ? held.events : undefined),
          audienceOf,
          ...page
        })
        // Of an epoch that has begun meanwhile, the pages are read again: it may have ended earlier.
        await this.#send(pass, shared, () => epoch === current())
        await setImmediate()
      }
    } catch (error) {
      this.#fail(
        passes.flatMap(({ replays }) => [...replays]),
        error
      )
    } finally {
      this.#held.delete(held)
    }
    this.#continue(passes)
  }

  /** Reads the next page of each pass; one that is at the end of the log needs no read. */
  async #readPages(passes: readonly Pass[], end: number): Promise<Map<Pass, LogPage>> {
    const { budget, logStore } = this.#options
    const behind = passes.filter(({ position }) => position < end)
    const pages = new Map<Pass, LogPage>(passes.map((pass) => [pass, { events: [], reached: end, prunedTo: 0 }]))
    try {
      if (behind.length === 0) return pages
      const read = await logStore.readPages(
        behind.map(({ request }) => request),
        { upTo: end, limit: PAGE_EVENTS, maxBytes: PAGE_BYTES }
      )
      // As many as were asked for.
      for (const [index, pass] of behind.entries()) pages.set(pass, read[index] as LogPage)
      return pages
    } finally {
      for (const { room } of passes) budget.release(room)
    }
  }

  /** Sends a page to the replays of a pass. Those that cannot take it, or not the next one, leave it. */
  async #send(pass: Pass, page: SharedPage, isCurrent: () => boolean): Promise<void> {
    let sends = 0
    for (const replay of pass.replays) {
      if (++sends % TURN_SENDS === 0) {
        await setImmediate()
        page.turn()
      }
      if (!isCurrent()) return
      if (replay.isOver || (replay.position >= page.reached && !page.isLast)) continue
      try {
        const hadRoom = replay.take(page)
        if (replay.isOver || (hadRoom && replay.canContinue)) continue
        pass.replays.delete(replay)
        this.#blocked.add(replay)
      } catch (error) {
        this.#fail([replay], error)
      }
    }
  }

  /** Passes that have not reached the head go on; after a few pages, others come first. */
  #continue(passes: readonly Pass[]): void {
    const next: Pass[] = []
    for (const pass of passes) {
      for (const replay of pass.replays) if (replay.isOver) pass.replays.delete(replay)
      if (pass.replays.size === 0) continue
      if (++pass.pages % TURN_PAGES !== 0) {
        next.push(pass)
        continue
      }
      // What is still ahead of the pass does not wait until it is there.
      const { position } = pass
      for (const replay of pass.replays) {
        if (replay.position === position) continue
        pass.replays.delete(replay)
        this.#join(replay)
      }
      this.#queue.push(pass)
    }
    this.#queue.unshift(...next)
  }

  /** The clients reconnect and resume. Until a connection is closed, which may take one of its polls, nothing is read for it. */
  #fail(replays: readonly Replay[], error: unknown): void {
    const failed = replays.filter(({ isOver }) => !isOver)
    for (const { listener } of failed) {
      this.remove(listener)
      listener.close()
    }
    const message = 'Replays could not read the log: their connections were closed'
    this.#options.log.warn({ err: error, replays: failed.length }, message)
  }
}
