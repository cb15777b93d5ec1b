import { createHash } from 'node:crypto'

/** Lines kept of what happened last. */
const KEPT = 80

/** What happened, in order: its last lines for people, and a fingerprint of all of it, by which two runs are compared. */
export class Trace {
  readonly #now: () => number
  readonly #hash = createHash('sha256')
  readonly #begun: number
  #last: string[] = []

  constructor(now: () => number) {
    this.#now = now
    this.#begun = now()
  }

  add(who: string, what: string): void {
    const line = `${String(this.#now() - this.#begun).padStart(8)} ms  ${who.padEnd(10)} ${what}`
    this.#hash.update(`${line}\n`)
    this.#last.push(line)
    if (this.#last.length >= 2 * KEPT) this.#last = this.#last.slice(-KEPT)
  }

  /** The last lines. */
  get lines(): readonly string[] {
    return this.#last.slice(-KEPT)
  }

  /** To be asked once, at the end. */
  fingerprint(): string {
    return this.#hash.digest('hex').slice(0, 16)
  }
}
