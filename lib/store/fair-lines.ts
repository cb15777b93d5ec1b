/** An item that waits. */
export interface Lined {
  /** Items of a line keep their order. */
  readonly line: string
  /** The part of a full batch that it takes. */
  readonly weight: number
}

/** The line of operations that are about what is committed, such as acknowledgements. No instance has this name. */
export const LINE_OF_COMMITTED = ''

/** The part of a batch that one line has at most while others wait, or have waited a moment ago. */
export const LINE_SHARE = 1 / 4

/** Milliseconds for which a line counts after it had something: what it has next does not wait for a whole batch of another. */
const RECENT_MS = 1_000

/**
 * Shares batches between lines of items, while more waits than one line may have of a batch. Lines that have had little
 * come first, so that an item does not wait for all that another line has sent before it, and no line waits forever.
 */
export class FairLines {
  /** What each line that waits has had, in batches. */
  #had = new Map<string, number>()
  /** What lines that come later count as having had. */
  #floor = 0
  /** The two lines that had something last, and when. */
  #last = { line: LINE_OF_COMMITTED, at: -Infinity }
  #other = { line: LINE_OF_COMMITTED, at: -Infinity }

  /** Notes that an item of a line is in a batch. @param now milliseconds, of any clock that only goes forward */
  saw(line: string, now: number): void {
    if (line === LINE_OF_COMMITTED) return
    if (this.#last.line !== line) [this.#last, this.#other] = [this.#other, this.#last]
    this.#last.line = line
    this.#last.at = now
  }

  /**
   * Chooses items for a batch: a weight of 1 in all, at most, and at least one item.
   * @returns their indices, in the order of the batch
   */
  choose(items: readonly Lined[], now: number): number[] {
    const had = new Map<string, number>()
    const ranked = items.map(({ line, weight }, index) => {
      const before = had.get(line) ?? this.#had.get(line) ?? this.#floor
      had.set(line, before + weight)
      return { index, line, weight, before, rank: before + weight }
    })
    ranked.sort((a, b) => a.rank - b.rank)
    const share = had.size > 1 || this.#hasOthers(had, now) ? LINE_SHARE : 1
    const taken = new Map<string, number>()
    const left = new Map<string, number>()
    const chosen: number[] = []
    let all = 0
    for (const { index, line, weight, before, rank } of ranked) {
      const ofLine = (taken.get(line) ?? 0) + weight
      // One that is larger has a batch of its own: the items of others do not wait for it.
      const fits = (ofLine <= share && all + weight <= 1) || chosen.length === 0
      if (left.has(line) || !fits) {
        if (!left.has(line)) left.set(line, before)
        continue
      }
      taken.set(line, ofLine)
      all += weight
      this.#floor = rank
      chosen.push(index)
    }
    this.#had = left
    return chosen
  }

  /** True if a line that waits for nothing now had something a moment ago. */
  #hasOthers(waiting: ReadonlyMap<string, unknown>, now: number): boolean {
    return [this.#last, this.#other].some(({ line, at }) => now - at < RECENT_MS && !waiting.has(line))
  }

  /** Forgets what lines have had: little is waiting. */
  reset(): void {
    this.#had.clear()
    this.#floor = 0
  }
}
