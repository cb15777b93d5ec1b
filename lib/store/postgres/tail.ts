import type { Appended } from './append.ts'
import type { LogFollower } from './log-head.ts'
import type { PostgresLogReads } from './log-reads.ts'
import { SharedRun } from './shared-run.ts'
import type { LogSubscriber } from '../log-store.ts'

export interface TailOptions {
  reads: PostgresLogReads
  subscriber: LogSubscriber
  /** The offset after which it begins. */
  position: number
  /** Brings the directory to a version: an event is passed on with the selections of its acceptance known. */
  sync: (directoryVersion: number) => Promise<void>
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
  #position: number
  #head: number
  #behindSince: number | undefined
  #stopped = false

  constructor(options: TailOptions) {
    this.#options = options
    this.#position = options.position
    this.#head = options.position
    options.subscriber.advanced([], options.position)
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
      const { events, reached, directoryVersion } = await reads.stretch(
        { after: this.#position, upTo, instanceKeys: instanceKeys && [...instanceKeys] },
        PAGE
      )
      await sync(directoryVersion)
      if (this.#stopped) return
      if (this.#covers(instanceKeys)) this.#pass(events, reached)
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
