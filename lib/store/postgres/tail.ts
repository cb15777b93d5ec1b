import type { Appended } from './append.ts'
import type { LogFollower } from './log-head.ts'
import type { Found, PostgresLogReads } from './log-reads.ts'
import type { Notification } from './session.ts'
import { SharedRun } from './shared-run.ts'
import type { CommonHistory, LogSubscriber } from '../log-store.ts'

export interface TailOptions {
  reads: PostgresLogReads
  subscriber: LogSubscriber
  /** The epoch of the log, and the offset after which it begins. */
  epoch: string
  position: number
  /** Brings this node up to date: an event is passed on with its epoch and the selections of its acceptance known. */
  sync: (found: Found) => Promise<void>
}

/** Offsets that one read covers; events that it returns at most, and their characters. */
const WINDOW = 5_000
const PAGE = { limit: 500, maxBytes: 4 * 1_048_576 }
/** Number of instances above which all events are read. */
const MAX_INSTANCES = 1_000

/** A subscriber of the log. Events that this node appends right after its position are passed on without being read. */
export class PostgresTail implements LogFollower {
  readonly #options: TailOptions
  readonly #reading = new SharedRun(() => this.#read())
  #epoch: CommonHistory
  #position: number
  #head: number
  #behindSince: number | undefined
  #stopped = false

  constructor(options: TailOptions) {
    this.#options = options
    const { subscriber, epoch, position } = options
    this.#epoch = { id: epoch, upTo: position }
    this.#position = position
    this.#head = position
    subscriber.entered(this.#epoch)
    subscriber.advanced([], position)
  }

  get position(): number {
    return this.#position
  }

  get lagMs(): number {
    return this.#behindSince === undefined ? 0 : performance.now() - this.#behindSince
  }

  advance(head: number): void {
    this.#head = Math.max(this.#head, head)
    if (this.#head <= this.#position) return
    this.#behindSince ??= performance.now()
    // If reading fails, it is tried again with the next `advance`.
    this.#reading.run().catch(() => {})
  }

  appended({ before, head, stored }: Appended): void {
    if (this.#position === before && stored.length === head - before && !this.#reading.running) this.#pass(stored, head)
    this.advance(head)
  }

  entered(epoch: CommonHistory): void {
    this.#epoch = epoch
    this.#head = Math.min(this.#head, epoch.upTo)
    this.#position = Math.min(this.#position, epoch.upTo)
    if (!this.#stopped) this.#options.subscriber.entered(epoch)
  }

  notified({ kind }: Notification): void {
    if (kind === 'erased') void this.erased()
  }

  async erased(): Promise<void> {
    // Another object: what is being read is read again.
    this.#epoch = { ...this.#epoch }
    this.#options.subscriber.erased?.()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#reading.settled()
  }

  async #read(): Promise<void> {
    const { reads, sync } = this.#options
    while (this.#position < this.#head && !this.#stopped) {
      const upTo = Math.min(this.#position + WINDOW, this.#head)
      const instanceKeys = this.#wanted()
      if (instanceKeys?.size === 0) {
        this.#pass([], this.#head)
        continue
      }
      const epoch = this.#epoch
      const { events, reached, found } = await reads.stretch(
        { after: this.#position, upTo, instanceKeys: instanceKeys && [...instanceKeys] },
        PAGE
      )
      if (found) await sync(found)
      if (this.#stopped) return
      // Of an epoch that has begun meanwhile, the stretch is read again: it may have ended earlier.
      const isCurrent = epoch === this.#epoch && (!found || found.epoch === epoch.id)
      if (isCurrent && this.#covers(instanceKeys)) this.#pass(events, reached)
    }
  }

  #pass(events: Appended['stored'], position: number): void {
    this.#position = position
    if (position >= this.#head) this.#behindSince = undefined
    this.#options.subscriber.advanced(events, position)
  }

  /** The instances to read; `undefined` for all. */
  #wanted(): Set<number> | undefined {
    const { all, instanceKeys } = this.#options.subscriber.interest()
    if (all) return undefined
    const wanted = new Set<number>()
    for (const key of instanceKeys) {
      if (wanted.size === MAX_INSTANCES) return undefined
      wanted.add(key)
    }
    return wanted
  }

  /** True if all events that are wanted now were read. */
  #covers(read: ReadonlySet<number> | undefined): boolean {
    return !read || (this.#wanted()?.isSubsetOf(read) ?? false)
  }
}
