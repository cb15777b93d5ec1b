export interface TokenBucketOptions {
  /** Number of tokens of a full bucket, as it is at first. */
  size: number
  /** Milliseconds after which a token is added. */
  refillMs: number
  /** Milliseconds; must not go back. @default performance.now */
  now?: () => number
}

/** Limits a rate: as many at once as the bucket has tokens, then one for each token that is added. */
export class TokenBucket {
  readonly #options: Required<TokenBucketOptions>
  #tokens: number
  #at: number

  constructor(options: TokenBucketOptions) {
    this.#options = { now: () => performance.now(), ...options }
    this.#tokens = options.size
    this.#at = this.#options.now()
  }

  /** Takes a token. Returns false if there is none. */
  take(): boolean {
    const { size, refillMs, now } = this.#options
    const at = now()
    this.#tokens = Math.min(size, this.#tokens + (at - this.#at) / refillMs)
    this.#at = at
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
