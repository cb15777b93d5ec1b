import type { StoredEvent } from '../../events/event.ts'

type Listener = (events: readonly StoredEvent[]) => void

/** Passes committed events on to those who follow the log: all events of one flush in one call. */
export class CommitFeed {
  readonly #listeners = new Set<Listener>()
  #fresh: StoredEvent[] = []

  /** Returns how to stop it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  add(event: StoredEvent): void {
    this.#fresh.push(event)
  }

  publish(): void {
    const events = this.#fresh
    if (events.length === 0) return
    this.#fresh = []
    for (const listener of this.#listeners) listener(events)
  }

  close(): void {
    this.#listeners.clear()
  }
}
