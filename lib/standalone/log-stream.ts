import type { LineWriter } from './line-writer.ts'

/** Why lines of the log are lost. */
export interface LogTrouble {
  /** The system's, such as `ENOSPC`. */
  code: string
  message: string
  since: Date
}

export interface LogStreamOptions {
  writer: LineWriter
  /** Called when a line is written again, with how many were lost before it. */
  onRecovered: (dropped: number) => void
}

/**
 * The destination of the standalone's log. A line that cannot be written is dropped and counted: neither a full disk nor
 * a reader that does not read stops the server.
 */
export class LogStream {
  readonly #options: LogStreamOptions
  #held: string[] | undefined
  #timer: NodeJS.Timeout | undefined
  #dropped = 0
  #count: ((lines: number) => void) | undefined
  #trouble: LogTrouble | undefined

  constructor(options: LogStreamOptions) {
    this.#options = options
  }

  /** `undefined` while lines are written. */
  get trouble(): LogTrouble | undefined {
    return this.#trouble
  }

  /** Tells `count` of each line that is lost, and of those that were lost already. */
  countDropped(count: (lines: number) => void): void {
    this.#count = count
    if (this.#dropped > 0) count(this.#dropped)
  }

  /** Keeps lines back, so that `writeFirst` comes before them, until `release` or for so long. */
  hold(maxMs: number): void {
    this.#held = []
    this.#timer = setTimeout(() => this.release(), maxMs)
  }

  release(): void {
    clearTimeout(this.#timer)
    const held = this.#held ?? []
    this.#held = undefined
    for (const line of held) this.write(line)
  }

  write(line: string): void {
    if (this.#held) this.#held.push(line)
    else this.writeFirst(line)
  }

  /** Writes before the lines that are held. */
  writeFirst(text: string): void {
    const failure = this.#options.writer.write(text)
    if (failure) return this.#drop(failure)
    if (!this.#trouble) return
    const dropped = this.#dropped
    this.#dropped = 0
    this.#trouble = undefined
    this.#options.onRecovered(dropped)
  }

  flush(): Promise<void> {
    return this.#options.writer.flush()
  }

  #drop({ code = 'Error', message }: NodeJS.ErrnoException): void {
    this.#dropped++
    this.#count?.(1)
    const lines = this.#dropped === 1 ? 'One line' : `${this.#dropped} lines`
    this.#trouble = {
      code,
      message: `${lines} of the log could not be written: ${message}`,
      since: this.#trouble?.since ?? new Date()
    }
  }
}
