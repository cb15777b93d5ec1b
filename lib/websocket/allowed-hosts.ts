import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { OptionsInvalidError } from '../errors.ts'

/** Headers that proxies add. Behind a proxy, the TCP peer is not the client. */
const PROXY_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip'
]

/** Headers that browsers send, and Socket.IO's clients in other programs do not. */
const BROWSER_HEADERS = ['referer', 'accept-language', 'sec-fetch-site', 'sec-fetch-mode']

/** Addresses, or networks such as `10.0.0.0/8`, whose connections need no key. */
export class AllowedHosts {
  readonly #list = new BlockList()
  readonly #origins: readonly string[]

  /**
   * @param origins origins of pages that need no key either, in a browser on an allowed host
   * @throws {OptionsInvalidError} an entry is no address and no network
   */
  constructor(entries: readonly string[], origins: readonly string[] = []) {
    this.#origins = origins
    for (const entry of entries) {
      const [address = '', prefix, ...rest] = entry.split('/')
      const family = isIP(address)
      // An empty prefix must not be read as /0, which is every address.
      const bits = prefix === undefined ? undefined : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN
      if (family === 0 || rest.length > 0 || (bits !== undefined && !(bits <= (family === 4 ? 32 : 128)))) {
        throw new OptionsInvalidError(
          `allowedHosts: "${entry}" is not an IP address or network, such as 127.0.0.1 or 10.0.0.0/8`
        )
      }
      const type = family === 4 ? 'ipv4' : 'ipv6'
      if (bits === undefined) this.#list.addAddress(address, type)
      else this.#list.addSubnet(address, bits, type)
    }
  }

  /** True if this TCP peer needs no key: it is listed, there is no proxy in between, and no page of another origin asks. */
  includes(peer: string | undefined, headers: IncomingHttpHeaders): boolean {
    if (peer === undefined || PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false
    // Any page that is open on an allowed host could connect; only pages of listed origins may.
    const { origin } = headers
    if (
      origin === undefined
        ? BROWSER_HEADERS.some((name) => headers[name] !== undefined)
        : !this.#origins.includes(origin)
    )
      return false
    // Dual-stack sockets have IPv4 peers as ::ffff:127.0.0.1; BlockList takes both forms for the same address.
    const family = isIP(peer)
    return family !== 0 && this.#list.check(peer, family === 4 ? 'ipv4' : 'ipv6')
  }
}
