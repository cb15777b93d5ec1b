/** A group of sockets whose bytes count together: the key of the instance that they see, or `all`. */
export type Owner = number | 'all'

/** Bytes in memory that wait for one connection, or for several that share them. */
export interface Chunk {
  readonly owner: Owner
  readonly bytes: number
  /** Number of connections that hold it. Only the budget writes it. */
  holders: number
}

/** With a page of a replay, an owner holds at most as much as then remains free. */
export const REPLAY_SHARE = 1
/** With a live event, which all sockets at the head share, an owner holds at most twice of that. */
export const LIVE_SHARE = 2

/**
 * The bytes that wait for clients to read, over all connections. No owner can fill the budget: the less is free, the less
 * each may hold, so that sockets that do not read delay only those that see the same instance.
 * Messages larger than half of the budget are held outside of it, one at a time.
 */
export class BufferBudget {
  readonly max: number
  readonly #byOwner = new Map<Owner, number>()
  #held = 0
  #oversized = 0

  constructor(max: number) {
    this.max = max
  }

  /** Bytes that are held; shared ones count once. */
  get held(): number {
    return this.#held + this.#oversized
  }

  /** True if an owner may hold this many more bytes. @param share `REPLAY_SHARE` or `LIVE_SHARE` */
  fits(owner: Owner, bytes: number, share: number): boolean {
    if (this.#isOversized(bytes)) return this.#oversized === 0
    return (this.#byOwner.get(owner) ?? 0) + bytes <= share * (this.max - this.#held - bytes)
  }

  hold(chunk: Chunk): void {
    if (chunk.holders++ === 0) this.#count(chunk, chunk.bytes)
  }

  release(chunk: Chunk): void {
    if (--chunk.holders === 0) this.#count(chunk, -chunk.bytes)
  }

  #count({ owner, bytes }: Chunk, change: number): void {
    if (this.#isOversized(bytes)) {
      this.#oversized += change
      return
    }
    this.#held += change
    const left = (this.#byOwner.get(owner) ?? 0) + change
    if (left === 0) this.#byOwner.delete(owner)
    else this.#byOwner.set(owner, left)
  }

  #isOversized(bytes: number): boolean {
    return 2 * bytes > this.max
  }
}
