/** Whose bytes count together: the key of the instance that a socket sees, or `all`. */
export type Owner = number | 'all'

/** Bytes in memory that are kept for one connection, or shared by several. */
export interface Chunk {
  readonly owner: Owner
  readonly bytes: number
  /** How many keep it. Written by the budget alone. */
  holders: number
}

/** A page of a replay leaves its owner at most as much as is still free for others. */
export const REPLAY_SHARE = 1
/** A live event, which all sockets that are not behind share, may take twice of that. */
export const LIVE_SHARE = 2

/**
 * The bytes that wait for clients to read, of all connections together. No owner fills the budget: the less is free, the
 * less each of them may hold, so that sockets that do not read stop only those that see the same instance.
 * A message of more than half of the budget fits nowhere: one at a time is kept beside it.
 */
export class BufferBudget {
  readonly max: number
  readonly #byOwner = new Map<Owner, number>()
  #held = 0
  #oversized = 0

  constructor(max: number) {
    this.max = max
  }

  /** Bytes that are held, shared ones counted once. */
  get held(): number {
    return this.#held + this.#oversized
  }

  /** Whether an owner may hold so many bytes more. */
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
