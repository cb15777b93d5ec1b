import { hashToken } from '../instances/memory-directory.ts'
import { addressBlock } from './address-block.ts'

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
/** Addresses remembered at once; beyond, the ones that were first are forgotten. */
const MAX_ADDRESSES = 10_000

/**
 * Counts the different wrong keys of each address, so that keys cannot be guessed by trying. A program that comes again
 * and again with one wrong key guesses nothing, and does not shut out its neighbours behind the same address.
 */
export class WrongKeys {
  readonly #perMinute: number
  readonly #now: () => number
  readonly #byAddress = new Map<string, Tries>()

  constructor({ perMinute, now = () => performance.now() }: WrongKeysOptions) {
    this.#perMinute = perMinute
    this.#now = now
  }

  /** Milliseconds for which no key of this address is looked at; 0 if it is not blocked. */
  blockedMs(address: string): number {
    const tries = this.#tries(addressBlock(address))
    return tries && tries.keys.size >= this.#perMinute ? Math.ceil(tries.until - this.#now()) : 0
  }

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
