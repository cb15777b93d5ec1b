/** Removed offsets at the front that are kept until they are half of an array of this length. */
const MIN_REMOVED = 1_024

/** Offsets in ascending order, made for adding at the end and removing at the front. */
export class OffsetQueue {
  #offsets: number[] = []
  /** Index of the first offset that was not removed. */
  #start = 0

  get size(): number {
    return this.#offsets.length - this.#start
  }

  get first(): number | undefined {
    return this.#offsets[this.#start]
  }

  /** @returns false if it was there already */
  add(offset: number): boolean {
    const index = this.#indexAbove(offset - 1)
    if (this.#offsets[index] === offset) return false
    if (index === this.#offsets.length) this.#offsets.push(offset)
    else this.#offsets.splice(index, 0, offset)
    return true
  }

  /** @returns false if it was not there */
  remove(offset: number): boolean {
    const index = this.#indexAbove(offset - 1)
    if (this.#offsets[index] !== offset) return false
    if (this.size === 1) {
      this.#offsets.length = 0
      this.#start = 0
    } else if (index > this.#start) this.#offsets.splice(index, 1)
    else if (++this.#start >= MIN_REMOVED && this.#start * 2 >= this.#offsets.length) {
      this.#offsets = this.#offsets.slice(this.#start)
      this.#start = 0
    }
    return true
  }

  has(offset: number): boolean {
    return this.#offsets[this.#indexAbove(offset - 1)] === offset
  }

  /** Offsets above one, up to a number of them. */
  after(offset: number, limit: number): number[] {
    const index = this.#indexAbove(offset)
    return this.#offsets.slice(index, index + limit)
  }

  /** Index of the first offset above one; the end if there is none. */
  #indexAbove(offset: number): number {
    let low = this.#start
    let high = this.#offsets.length
    // Most are the last or the first.
    if (low === high || (this.#offsets[high - 1] as number) <= offset) return high
    if ((this.#offsets[low] as number) > offset) return low
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#offsets[middle] as number) > offset) high = middle
      else low = middle + 1
    }
    return low
  }
}
