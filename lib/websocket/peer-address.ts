import type { IncomingMessage } from 'node:http'
import proxyAddr from '@fastify/proxy-addr'
import { OptionsInvalidError } from '../errors.ts'

/** Tells whose attempt a connection is, as far as can be known. */
export type PeerAddress = (request: IncomingMessage) => string

/**
 * @param trustProxy addresses and networks of proxies whose `X-Forwarded-For` is believed, such as `loopback` or `10.0.0.0/8`
 * @throws {OptionsInvalidError} an entry is none of them
 */
export function peerAddress(trustProxy: readonly string[]): PeerAddress {
  let trusted: (address: string, hop: number) => boolean
  try {
    trusted = proxyAddr.compile([...trustProxy])
  } catch (error) {
    throw new OptionsInvalidError(
      `trustProxy: ${(error as Error).message}; it takes addresses, networks such as 10.0.0.0/8, loopback, linklocal or uniquelocal`
    )
  }
  // What others say of whom they came for is not believed: by a new name for each try, keys could be tried for ever.
  return (request) => {
    const peer = request.socket.remoteAddress ?? ''
    return trusted(peer, 0) ? proxyAddr(request, trusted) : peer
  }
}
