import type { Appended } from './append.ts'
import type { LogFollower } from './log-head.ts'
import type { PostgresLogReads } from './log-reads.ts'
import { SharedRun } from './shared-run.ts'
import type { LogSubscriber } from '../log-store.ts'

export interface TailOptions {
  reads: PostgresLogReads
  subscriber: LogSubscriber
  /** Where it begins. */
  position: number
  /** Brings the directory to a version: whoever gets an event knows what was selected when it was accepted. */
  sync: (directoryVersion: number) => Promise<void>
}

/** Offsets that one read looks at, events that it returns, and their characters. */
const WINDOW = 5_000
const PAGE = { limit: 500, maxBytes: 4 * 1_048_576 }
/** Who follows more instances than this reads all. */
const MAX_INSTANCES = 1_000

/** One subscriber's place in the log. What this node appends right behind it need not be read. */
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

  /** The log reaches to `head`. */
  advance(head: number): void {
    this.#head = Math.max(this.#head, head)
    if (this.#head <= this.#position) return
    this.#behindSince ??= performance.now()
    // What cannot be read now is read when it is woken again.
    this.#reading.run().catch(() => {})
  }

  /** This node has appended. */
  appended({ before, head, stored }: Appended): void {
    if (this.#position === before && stored.length === head - before && !this.#reading.running) this.#tell(stored, head)
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
        this.#tell([], this.#head)
        continue
      }
      const { events, reached, directoryVersion } = await reads.stretch(
        { after: this.#position, upTo, instanceKeys: instanceKeys && [...instanceKeys] },
        PAGE
      )
      await sync(directoryVersion)
      if (this.#stopped) return
      if (this.#covers(instanceKeys)) this.#tell(events, reached)
    }
  }

  #tell(events: Appended['stored'], position: number): void {
    this.#position = position
    if (position >= this.#head) this.#behindSince = undefined
    this.#options.subscriber.advanced(events, position)
  }

  /** The instances to read; `undefined`: all. */
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

  /** Whether what was read has all that is wanted by now. */
  #covers(read: ReadonlySet<number> | undefined): boolean {
    return !read || (this.#wanted()?.isSubsetOf(read) ?? false)
  }
}
