import { createHash } from 'node:crypto'

/** What happened, in order: its last lines for people, and a fingerprint of all of it, by which two runs are compared. */
export class Trace {
  readonly #now: () => number
  readonly #hash = createHash('sha256')
  readonly #begun: number
  readonly #kept: number
  #last: string[] = []

  /** @param kept lines of what happened last */
  constructor(now: () => number, kept: number) {
    this.#now = now
    this.#kept = kept
    this.#begun = now()
  }

  add(who: string, what: string): void {
    const line = `${String(this.#now() - this.#begun).padStart(8)} ms  ${who.padEnd(10)} ${what}`
    this.#hash.update(`${line}\n`)
    this.#last.push(line)
    if (this.#last.length >= 2 * this.#kept) this.#last = this.#last.slice(-this.#kept)
  }

  /** The last lines. */
  get lines(): readonly string[] {
    return this.#last.slice(-this.#kept)
  }

  /** To be asked once, at the end. */
  fingerprint(): string {
    return this.#hash.digest('hex').slice(0, 16)
  }
}
