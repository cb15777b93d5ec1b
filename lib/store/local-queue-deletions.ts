import type { QueueDeletions } from './queue-deletions.ts'

interface Deletion {
  readonly id: string
  /** By the clock of `performance.now()`; 0: it has not begun. */
  readonly busyUntil: number
}

/** The `QueueDeletions` of a store that has one process. */
export class LocalQueueDeletions implements QueueDeletions {
  readonly #deletions = new Map<string, Deletion>()

  async announce(names: readonly string[], id: string): Promise<void> {
    const now = performance.now()
    for (const [name, { busyUntil }] of this.#deletions)
      if (busyUntil > 0 && busyUntil <= now) this.#deletions.delete(name)
    for (const name of names) if (!this.#isBusy(name)) this.#deletions.set(name, { id, busyUntil: 0 })
  }

  async begin(names: readonly string[], id: string, forMs: number): Promise<string[]> {
    const begun = names.filter((name) => this.#deletions.get(name)?.id === id)
    for (const name of begun) this.#deletions.set(name, { id, busyUntil: performance.now() + forMs })
    return begun
  }

  async end(names: readonly string[], id: string): Promise<void> {
    for (const name of names) if (this.#deletions.get(name)?.id === id) this.#deletions.delete(name)
  }

  async revoke(names: readonly string[]): Promise<string[]> {
    const busy = names.filter((name) => this.#isBusy(name))
    for (const name of new Set(names).difference(new Set(busy))) this.#deletions.delete(name)
    return busy
  }

  #isBusy(name: string): boolean {
    const { busyUntil } = this.#deletions.get(name) ?? { busyUntil: 0 }
    return busyUntil > performance.now()
  }
}
