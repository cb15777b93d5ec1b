import { addressBlock } from '../http/client-address.ts'
import { hashToken } from '../instances/memory-directory.ts'

export interface WrongKeysOptions {
  /** Different wrong keys that one address may try in a minute. */
  perMinute: number
  /** Milliseconds on a clock that is never set back. @default `performance.now` */
  now?: () => number
}

interface Tries {
  readonly until: number
  readonly keys: Set<string>
}

const WINDOW_MS = 60_000
/** Addresses that are remembered at once. The oldest are forgotten first. */
const MAX_ADDRESSES = 10_000

/**
 * Counts the different wrong keys of each address, so that keys cannot be guessed. A program that repeats one wrong key
 * guesses nothing, and does not block others behind the same address.
 */
export class WrongKeys {
  readonly #perMinute: number
  readonly #now: () => number
  readonly #byAddress = new Map<string, Tries>()

  constructor({ perMinute, now = () => performance.now() }: WrongKeysOptions) {
    this.#perMinute = perMinute
    this.#now = now
  }

  /** Milliseconds until a key of this address is checked again; 0 if it is not blocked. */
  blockedMs(address: string): number {
    const tries = this.#tries(addressBlock(address))
    return tries && tries.keys.size >= this.#perMinute ? Math.ceil(tries.until - this.#now()) : 0
  }

  /** Counts a wrong key. */
  count(address: string, key: string): void {
    const block = addressBlock(address)
    let tries = this.#tries(block)
    if (!tries) {
      tries = { until: this.#now() + WINDOW_MS, keys: new Set() }
      const [oldest] = this.#byAddress.keys()
      if (oldest !== undefined && this.#byAddress.size >= MAX_ADDRESSES) this.#byAddress.delete(oldest)
      this.#byAddress.set(block, tries)
    }
    tries.keys.add(hashToken(key).toString('base64'))
  }

  #tries(block: string): Tries | undefined {
    const tries = this.#byAddress.get(block)
    if (tries === undefined || tries.until > this.#now()) return tries
    this.#byAddress.delete(block)
    return undefined
  }
}
