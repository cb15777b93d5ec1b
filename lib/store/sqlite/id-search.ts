/** Reads the generated ids of a segment, with the offsets of their events. */
export type ReadIds = (segment: number) => ReadonlyMap<string, number>

/** A search for generated ids in the log, segment by segment: to read one takes milliseconds. */
export class IdSearch {
  readonly #readIds: ReadIds
  readonly #found = new Map<string, number>()
  readonly #left: Map<number, readonly string[]>

  /** @param left segments that are to be read, with the ids that they may have */
  constructor(readIds: ReadIds, left: Map<number, readonly string[]> = new Map()) {
    this.#readIds = readIds
    this.#left = left
  }

  /** Segments that are not read yet. */
  get segments(): number[] {
    return [...this.#left.keys()]
  }

  /** Looks for ids among those of a segment. */
  look(ids: readonly string[], known: ReadonlyMap<string, number>): void {
    for (const id of ids) {
      const offset = known.get(id)
      if (offset !== undefined) this.#found.set(id, offset)
    }
  }

  /** Reads a segment, unless it was read. */
  read(segment: number): void {
    const ids = this.#left.get(segment)
    if (!ids) return
    this.look(ids, this.#readIds(segment))
    this.#left.delete(segment)
  }

  /** The offset of the event with an id; `undefined` if there is none. Reads all segments that are left. */
  offsetOf(id: string): number | undefined {
    for (const segment of this.#left.keys()) this.read(segment)
    return this.#found.get(id)
  }
}
