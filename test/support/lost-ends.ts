import type { SetBack } from './returning-client.ts'

/** A time at which a log may have lost its end. */
export interface LostEnd {
  /** The last offset that it had afterwards. */
  readonly left: number
  /** The ids of the epochs that it had before and afterwards. */
  readonly had: readonly string[]
  readonly has: readonly string[]
}

/** All that a log has lost. */
export class LostEnds {
  readonly #all: LostEnd[] = []

  add(end: LostEnd): void {
    this.#all.push(end)
  }

  /** True if a client had to be set back exactly so, by what the log had lost at any time since. */
  explains(setBack: SetBack): boolean {
    return this.#all.some((_, index) => isBy(this.#all.slice(0, index + 1), setBack))
  }
}

function isBy(ends: readonly LostEnd[], { log, before, after }: SetBack): boolean {
  const since = ends.filter(({ had }) => log !== undefined && had.includes(log))
  // What a forgotten epoch had in common with the log is unknown.
  if (since.some(({ has }) => !has.includes(log as string))) return after === 0
  const left = Math.min(...since.map((end) => end.left))
  return before > left && after === left
}
