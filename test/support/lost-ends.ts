import type { SetBack } from './returning-client.ts'

/** A time at which a log may have lost its end. */
export interface LostEnd {
  /** The last offset that it had afterwards. */
  readonly left: number
  /** The ids of the epochs that it had before and afterwards, also of those that it had forgotten and has again. */
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
  if (log === undefined) return false
  const since = ends.filter(({ had, has }) => had.includes(log) || has.includes(log))
  const forgotten = since.findLastIndex(({ has }) => !has.includes(log))
  const known = since.slice(forgotten + 1)
  // What a forgotten epoch had in common with the log is unknown.
  if (since.length > 0 && known.length === 0) return after === 0
  const left = Math.min(...known.map((end) => end.left))
  // An earlier copy may know a forgotten epoch again: it has no more of that than of the log.
  return forgotten < 0 ? before > left && after === left : after <= left
}
