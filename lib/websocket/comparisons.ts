import type { Comparison, LogRange, LogStore } from '../store/log-store.ts'

/** Questions to the store that several replays ask at the same time: each is asked once. */
export class Comparisons {
  readonly #store: LogStore
  readonly #common = new Map<string, Promise<Comparison>>()
  #range: Promise<LogRange> | undefined

  constructor(store: LogStore) {
    this.#store = store
  }

  commonWith(id: string): Promise<Comparison> {
    const known = this.#common.get(id) ?? this.#store.commonWith(id)
    this.#common.set(id, known)
    return known
  }

  range(): Promise<LogRange> {
    return (this.#range ??= this.#store.range())
  }
}
