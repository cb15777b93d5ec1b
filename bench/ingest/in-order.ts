/** What the generators put into `data`. */
export interface NumberedData {
  c: string
  n: number
}

/** Checks that the events of each connection are stored in order, without gaps and repeats. */
export class InOrder {
  /** The last number of each connection. */
  readonly #last = new Map<string, number>()

  /** @param data as JSON text @throws it is not the connection's next */
  check(data: string): void {
    const { c, n } = JSON.parse(data) as NumberedData
    const before = this.#last.get(c)
    if (before !== undefined && n !== before + 1) throw new Error(`Connection ${c}: after event ${before} came ${n}`)
    this.#last.set(c, n)
  }
}
