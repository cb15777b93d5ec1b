import type { SelectionRequest } from '../../lib/instances/selections.ts'

export interface ListenOptions {
  namespaces: readonly string[]
  /** For what is kept on disk. */
  folder: string
  /** Which events of each namespace sockets receive, and what is left out of them: ours only. */
  selection?: Pick<SelectionRequest, 'filter' | 'omit'>
}

/** Methods that each of the compared servers has. */
export interface FanOutServer {
  /** @returns the port */
  listen(options: ListenOptions): Promise<number>
  /** So many events to each namespace, all in one turn. */
  burst(events: number): void
}

/** The key of servers that require one. */
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
