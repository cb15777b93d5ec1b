/** An item that waits. */
export interface Lined {
  /** Items of a line keep their order. */
  readonly line: string
  /** The part of a full batch that it takes. */
  readonly weight: number
}

/** The part of a batch that one line has at most while others wait. */
export const LINE_SHARE = 1 / 4

/**
 * Shares batches between lines of items, while more waits than one line may have of a batch. Lines that have had little
 * come first, so that an item does not wait for all that another line has sent before it, and no line waits forever.
 */
export class FairLines {
  /** What each line that waits has had, in batches. */
  #had = new Map<string, number>()
  /** What lines that come later count as having had. */
  #floor = 0

  /**
   * Chooses items for a batch: a weight of 1 in all, at most, and at least one item.
   * @returns their indices, in the order of the batch
   */
  choose(items: readonly Lined[]): number[] {
    const had = new Map<string, number>()
    const ranked = items.map(({ line, weight }, index) => {
      const before = had.get(line) ?? this.#had.get(line) ?? this.#floor
      had.set(line, before + weight)
      return { index, line, weight, before, rank: before + weight }
    })
    ranked.sort((a, b) => a.rank - b.rank)
    const share = had.size > 1 ? LINE_SHARE : 1
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

  /** Forgets what lines have had: little is waiting. */
  reset(): void {
    this.#had.clear()
    this.#floor = 0
  }
}
