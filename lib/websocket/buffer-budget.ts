import { SharedBytes } from '../memory/shared-bytes.ts'

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
 * The bytes that wait for clients to read, over all connections. Sockets that do not read delay only those that see the same
 * instance.
 */
export class BufferBudget {
  readonly #bytes: SharedBytes<Owner>

  constructor(max: number) {
    this.#bytes = new SharedBytes(max)
  }

  get max(): number {
    return this.#bytes.max
  }

  /** Bytes that are held; shared ones count once. */
  get held(): number {
    return this.#bytes.held
  }

  /** True if an owner may hold this many more bytes. @param share `REPLAY_SHARE` or `LIVE_SHARE` */
  fits(owner: Owner, bytes: number, share: number): boolean {
    return this.#bytes.fits(owner, bytes, share)
  }

  hold(chunk: Chunk): void {
    if (chunk.holders++ === 0) this.#bytes.add(chunk.owner, chunk.bytes)
  }

  release(chunk: Chunk): void {
    if (--chunk.holders === 0) this.#bytes.remove(chunk.owner, chunk.bytes)
  }
}
