import type { LineWriter } from './line-writer.ts'

/** The reason why lines of the log are lost. */
export interface LogTrouble {
  /** Code of the system error, such as `ENOSPC`. */
  code: string
  message: string
  since: Date
}

export interface LogStreamOptions {
  writer: LineWriter
  /** Called after the first line that could be written again, with the number of lost lines. */
  onRecovered: (dropped: number) => void
}

/**
 * Destination of the standalone server's log. A line that cannot be written is dropped and counted, so that neither a full
 * disk nor a stalled reader stops the server.
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

  /** `undefined` while lines can be written. */
  get trouble(): LogTrouble | undefined {
    return this.#trouble
  }

  /** Calls `count` for each lost line from now on, and once for all lines lost before. */
  countDropped(count: (lines: number) => void): void {
    this.#count = count
    if (this.#dropped > 0) count(this.#dropped)
  }

  /** Holds lines until `release`, at most for `maxMs`, so that `writeFirst` writes before them. */
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

  /** Writes at once, before held lines. */
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
