import type { Appended } from './append.ts'
import type { Notification } from './session.ts'
import type { CommonHistory } from '../log-store.ts'

/** What a commit has appended. */
export interface Commit {
  /** The head before it. */
  readonly before: number
  readonly head: number
  /** The partitions in which it has deliveries. */
  readonly partitions: ReadonlySet<number>
}

export interface LogFollower {
  /** Called for commits of any node, before `advance`; some are left out. */
  committed?(commit: Commit): void
  /** Called for other notifications. */
  notified?(notification: Notification): void
  /** This node has erased events. Resolves when what was read of them before is no longer used. */
  erased?(): Promise<void>
  /** The log reaches to `head` at least. */
  advance(head: number): void
  /** This node has appended; before or after `advance` was called with its head. */
  appended(appended: Appended): void
  /** The log has a new epoch; it may have lost its end. */
  entered(epoch: CommonHistory): void
}

/** The epoch and the end of the log as this node knows them, passed on to its followers with other news from PostgreSQL. */
export class LogHead {
  readonly #followers = new Set<LogFollower>()
  #epoch = ''
  #offset = 0

  /** The id of the epoch of the log; empty at first. */
  get epoch(): string {
    return this.#epoch
  }

  /** The highest offset that this node knows of. */
  get offset(): number {
    return this.#offset
  }

  /** Returns how to stop it. */
  follow(follower: LogFollower): () => void {
    this.#followers.add(follower)
    return () => void this.#followers.delete(follower)
  }

  notified(notification: Notification): void {
    for (const follower of this.#followers) follower.notified?.(notification)
  }

  /** This node has erased events: its followers do not wait for the notification. */
  async erased(): Promise<void> {
    await Promise.all([...this.#followers].map((follower) => follower.erased?.()))
  }

  committed(commit: Commit): void {
    for (const follower of this.#followers) follower.committed?.(commit)
    this.advance(commit.head)
  }

  advance(head: number): void {
    this.#offset = Math.max(this.#offset, head)
    for (const follower of this.#followers) follower.advance(this.#offset)
  }

  /** Called with a new epoch: offsets above `upTo` are void. */
  enter(epoch: CommonHistory): void {
    this.#epoch = epoch.id
    this.#offset = Math.min(this.#offset, epoch.upTo)
    for (const follower of this.#followers) follower.entered(epoch)
  }

  appended(appended: Appended): void {
    this.#offset = Math.max(this.#offset, appended.head)
    for (const follower of this.#followers) follower.appended(appended)
  }
}
