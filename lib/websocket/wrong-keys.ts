import { isIPv6 } from 'node:net'
import { hashToken } from '../store/instances.ts'

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
    const tries = this.#tries(blockOf(address))
    return tries && tries.keys.size >= this.#perMinute ? Math.ceil(tries.until - this.#now()) : 0
  }

  count(address: string, key: string): void {
    const block = blockOf(address)
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

/** Who has one IPv6 address has a whole /64 of them. */
function blockOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = address.split('::')
  const groups = (text: string) => text.split(':').filter(Boolean)
  const written = [...groups(head), ...groups(tail ?? '')].length
  const all = [...groups(head), ...Array<string>(tail === undefined ? 0 : 8 - written).fill('0'), ...groups(tail ?? '')]
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
