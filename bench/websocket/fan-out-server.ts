/** What each of the compared servers does when it is told to. */
export interface FanOutServer {
  /** @param folder for what is kept on disk @returns the port */
  listen(options: { namespaces: readonly string[]; folder: string }): Promise<number>
  /** So many events to each namespace, all in one turn. */
  burst(events: number): void
}

/** The key of servers that want one. */
export const API_KEY = 'global-key-of-the-benchmarks'

/** Numbers the events of each namespace from 1. */
export class Sequence {
  readonly #last = new Map<string, number>()

  next(namespace: string): number {
    const number = (this.#last.get(namespace) ?? 0) + 1
    this.#last.set(namespace, number)
    return number
  }
}
