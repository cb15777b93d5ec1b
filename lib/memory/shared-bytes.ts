/**
 * Bytes in memory that owners hold together, up to a limit. No owner can use up the limit: the less is free, the less each may
 * hold. Pieces larger than half of the limit are held outside of it, one at a time.
 */
export class SharedBytes<Owner> {
  readonly max: number
  readonly #byOwner = new Map<Owner, number>()
  #held = 0
  #oversized = 0

  constructor(max: number) {
    this.max = max
  }

  /** Bytes that are held. */
  get held(): number {
    return this.#held + this.#oversized
  }

  /** Bytes that an owner holds, without oversized pieces. */
  of(owner: Owner): number {
    return this.#byOwner.get(owner) ?? 0
  }

  /**
   * Returns true if an owner may hold one more piece.
   * @param share bytes that it may hold then, as a multiple of those that remain free: with 1, one alone holds at most half of the limit
   */
  fits(owner: Owner, bytes: number, share = 1): boolean {
    if (this.#isOversized(bytes)) return this.#oversized === 0
    return this.of(owner) + bytes <= share * (this.max - this.#held - bytes)
  }

  /** Counts a piece until `remove`, whether it fits or not. */
  add(owner: Owner, bytes: number): void {
    this.#change(owner, bytes, 1)
  }

  /** @param bytes of one piece, as it was added */
  remove(owner: Owner, bytes: number): void {
    this.#change(owner, bytes, -1)
  }

  #change(owner: Owner, bytes: number, sign: 1 | -1): void {
    if (this.#isOversized(bytes)) {
      this.#oversized += sign * bytes
      return
    }
    this.#held += sign * bytes
    const left = this.of(owner) + sign * bytes
    if (left === 0) this.#byOwner.delete(owner)
    else this.#byOwner.set(owner, left)
  }

  #isOversized(bytes: number): boolean {
    return 2 * bytes > this.max
  }
}
