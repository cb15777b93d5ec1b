export interface TokenBucketOptions {
  /** Number of tokens in a full bucket. It is full at the start. */
  size: number
  /** Milliseconds after which a token is added. */
  refillMs: number
  /** Monotonic clock in milliseconds. @default performance.now */
  now?: () => number
}

/** Limits a rate: a burst of up to the bucket's size, then one for each token that is added. */
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
