/** Keeps the first items by an order, without sorting the others. */
export class FirstItems<T> {
  readonly #limit: number
  readonly #compare: (a: T, b: T) => number
  readonly #items: T[] = []

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit
    this.#compare = compare
  }

  /** In their order. */
  get items(): readonly T[] {
    return this.#items
  }

  add(item: T): void {
    const place = this.#items.findLastIndex((before) => this.#compare(before, item) <= 0) + 1
    if (place === this.#limit) return
    this.#items.splice(place, 0, item)
    if (this.#items.length > this.#limit) this.#items.pop()
  }

  addAll(items: Iterable<T>): this {
    for (const item of items) this.add(item)
    return this
  }
}
