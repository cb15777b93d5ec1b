import type { Appended } from './append.ts'

export interface LogFollower {
  /** The log reaches to `head` at least. */
  advance(head: number): void
  /** This node has appended; before or after `advance` was called with its head. */
  appended(appended: Appended): void
}

/** The end of the log as this node knows it, passed on to those who follow the log. */
export class LogHead {
  readonly #followers = new Set<LogFollower>()
  #offset = 0

  /** The highest offset that this node knows of. */
  get offset(): number {
    return this.#offset
  }

  /** Returns how to stop it. */
  follow(follower: LogFollower): () => void {
    this.#followers.add(follower)
    return () => void this.#followers.delete(follower)
  }

  advance(head: number): void {
    this.#offset = Math.max(this.#offset, head)
    for (const follower of this.#followers) follower.advance(this.#offset)
  }

  appended(appended: Appended): void {
    this.#offset = Math.max(this.#offset, appended.head)
    for (const follower of this.#followers) follower.appended(appended)
  }
}
