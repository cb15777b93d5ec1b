import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { OptionsInvalidError } from '../errors.ts'

/** Headers by which proxies tell of themselves: behind one, the TCP peer says nothing of who is asking. */
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

/** Headers by which browsers give themselves away; Socket.IO's clients elsewhere send none of them. */
const BROWSER_HEADERS = ['referer', 'accept-language', 'sec-fetch-site', 'sec-fetch-mode']

/** Addresses, or networks such as `10.0.0.0/8`, whose connections need no key. */
export class AllowedHosts {
  readonly #list = new BlockList()
  readonly #origins: readonly string[]

  /**
   * @param origins of pages whose browsers, on an allowed host, need no key either
   * @throws {OptionsInvalidError} for an entry that is no address
   */
  constructor(entries: readonly string[], origins: readonly string[] = []) {
    this.#origins = origins
    for (const entry of entries) {
      const [address = '', prefix, ...rest] = entry.split('/')
      const family = isIP(address)
      // An empty prefix must not pass for /0, which is everyone.
      const bits = prefix === undefined ? undefined : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN
      if (family === 0 || rest.length > 0 || (bits !== undefined && !(bits <= (family === 4 ? 32 : 128)))) {
        throw new OptionsInvalidError(
          `allowedHosts: "${entry}" is no IP address or network, such as 127.0.0.1 or 10.0.0.0/8`
        )
      }
      const type = family === 4 ? 'ipv4' : 'ipv6'
      if (bits === undefined) this.#list.addAddress(address, type)
      else this.#list.addSubnet(address, bits, type)
    }
  }

  /** Whether this TCP peer may come without a key: it is listed, no proxy stands between, and no page sent it. */
  includes(peer: string | undefined, headers: IncomingHttpHeaders): boolean {
    if (peer === undefined || PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false
    // Any page that somebody on an allowed host looks at could connect; of those only listed ones may.
    const { origin } = headers
    if (
      origin === undefined
        ? BROWSER_HEADERS.some((name) => headers[name] !== undefined)
        : !this.#origins.includes(origin)
    )
      return false
    // Dual-stack sockets show IPv4 peers as ::ffff:127.0.0.1; BlockList knows both forms for one address.
    const family = isIP(peer)
    return family !== 0 && this.#list.check(peer, family === 4 ? 'ipv4' : 'ipv6')
  }
}
