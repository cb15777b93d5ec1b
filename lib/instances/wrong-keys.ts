import { isIP } from 'node:net'
import { addressBlock, withoutPort } from '../http/client-address.ts'
import { hashToken } from './token-digest.ts'

export interface WrongKeysOptions {
  /** Different wrong keys that one address may try in a minute. */
  perMinute: number
  /** Called when an address is blocked because of keys that it tried here, with the milliseconds for which it is. */
  blocked?: (address: string, forMs: number) => void
  /** Milliseconds on a clock that is never set back. @default `performance.now` */
  now?: () => number
}

interface Tries {
  readonly until: number
  readonly keys: Set<string>
  isBlocked: boolean
}

const WINDOW_MS = 60_000
/** Addresses that are remembered at once. The oldest are forgotten first. */
const MAX_ADDRESSES = 10_000

/** The reason that clients of a blocked address are told. */
export const BLOCKED =
  'Too many wrong keys came from this address, so even a correct key is refused for now: check the key, then try again later'

/**
 * Counts the different wrong keys of each address, over HTTP and of sockets together, so that keys cannot be guessed. A program
 * that repeats one wrong key guesses nothing, and does not block others behind the same address.
 */
export class WrongKeys {
  readonly #perMinute: number
  readonly #blocked: (address: string, forMs: number) => void
  readonly #now: () => number
  readonly #byAddress = new Map<string, Tries>()

  constructor({ perMinute, blocked = () => {}, now = () => performance.now() }: WrongKeysOptions) {
    this.#perMinute = perMinute
    this.#blocked = blocked
    this.#now = now
  }

  /** Milliseconds until a key of this address is checked again; 0 if it is not blocked. */
  blockedMs(address: string): number {
    const tries = this.#tries(addressBlock(address))
    return tries?.isBlocked ? Math.ceil(tries.until - this.#now()) : 0
  }

  /** Counts a wrong key. */
  count(address: string, key: string): void {
    const block = addressBlock(address)
    const tries = this.#tries(block) ?? this.#remember(block, WINDOW_MS)
    if (tries.isBlocked) return
    tries.keys.add(hashToken(key).toString('base64'))
    if (tries.keys.size < this.#perMinute) return
    tries.isBlocked = true
    this.#blocked(withoutPort(address), this.blockedMs(address))
  }

  /** Blocks an address that another node has blocked, unless it is blocked here. */
  block(address: string, forMs: number): void {
    if (this.blockedMs(address) > 0 || isIP(address) === 0) return
    this.#remember(addressBlock(address), Math.min(forMs, WINDOW_MS)).isBlocked = true
  }

  #tries(block: string): Tries | undefined {
    const tries = this.#byAddress.get(block)
    if (tries === undefined || tries.until > this.#now()) return tries
    this.#byAddress.delete(block)
    return undefined
  }

  #remember(block: string, forMs: number): Tries {
    const tries: Tries = { until: this.#now() + forMs, keys: new Set(), isBlocked: false }
    // Removed first, so that it is the newest of the map.
    this.#byAddress.delete(block)
    const [oldest] = this.#byAddress.keys()
    if (oldest !== undefined && this.#byAddress.size >= MAX_ADDRESSES) this.#byAddress.delete(oldest)
    this.#byAddress.set(block, tries)
    return tries
  }
}
