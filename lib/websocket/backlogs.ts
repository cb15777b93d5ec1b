import type { SocketWriter } from './socket-writer.ts'

export interface BacklogsOptions {
  /** Milliseconds without any progress after which a connection is stalled. */
  stalledAfterMs: number
  /** Called of a connection that is stalled; it cuts it off. */
  stalled: (writer: SocketWriter) => void
}

/** How often connections are looked at that have something to read. Nothing tells of bytes that leave. */
const EVERY_MS = 20

/** The connections that wait for their clients to read. */
export class Backlogs {
  readonly #options: BacklogsOptions
  readonly #writers = new Set<SocketWriter>()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: BacklogsOptions) {
    this.#options = options
  }

  add(writer: SocketWriter): void {
    this.#writers.add(writer)
    if (!this.#stopped) this.#timer ??= setInterval(() => this.#look(), EVERY_MS)
  }

  /** Ends the connections that were cut off and may still read why. */
  endCutOff(): void {
    for (const writer of this.#writers) if (writer.isCut) writer.end()
  }

  /** Idempotent. */
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
