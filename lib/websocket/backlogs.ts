import type { Writer } from './writer.ts'

export interface BacklogsOptions {
  /** Milliseconds without any progress after which a connection is stalled. */
  stalledAfterMs: number
  /** Called with a connection that is stalled, to cut it off. */
  stalled: (writer: Writer) => void
}

/** Milliseconds between looks at the connections that wait: no event reports bytes that leave. */
const EVERY_MS = 20

/** The connections whose clients have yet to read. */
export class Backlogs {
  readonly #options: BacklogsOptions
  readonly #writers = new Set<Writer>()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: BacklogsOptions) {
    this.#options = options
  }

  /** Looks at a connection until nothing waits for its client. Idempotent. */
  add(writer: Writer): void {
    this.#writers.add(writer)
    if (!this.#stopped) this.#timer ??= setInterval(() => this.#look(), EVERY_MS)
  }

  /** Ends at once the connections that were cut off and have time left to read the reason. */
  endCutOff(): void {
    for (const writer of this.#writers) if (writer.isCut) writer.end()
  }

  /** Looks no more. Idempotent. */
  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
  }

  #look(): void {
    const { stalledAfterMs, stalled } = this.#options
    const now = performance.now()
    for (const writer of this.#writers) {
      if (!writer.settle()) this.#writers.delete(writer)
      else if (!writer.isCut && writer.idleMs(now) >= stalledAfterMs) stalled(writer)
    }
    if (this.#writers.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
