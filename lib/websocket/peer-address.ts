import type { IncomingMessage } from 'node:http'
import proxyAddr from '@fastify/proxy-addr'
import { OptionsInvalidError } from '../errors.ts'

/** Returns the address of the client of a request, as far as it can be known; empty if its connection is gone. */
export type PeerAddress = (request: IncomingMessage) => string

/**
 * Creates the function that finds the client's address.
 * @param trustProxy addresses and networks of proxies whose `X-Forwarded-For` is trusted, such as `loopback` or `10.0.0.0/8`
 * @throws {OptionsInvalidError} an entry is none of them
 */
export function peerAddress(trustProxy: readonly string[]): PeerAddress {
  let trusted: (address: string, hop: number) => boolean
  try {
    trusted = proxyAddr.compile([...trustProxy])
  } catch (error) {
    throw new OptionsInvalidError(
      `trustProxy: ${(error as Error).message}; expected addresses, networks such as 10.0.0.0/8, loopback, linklocal or uniquelocal`
    )
  }
  // The header of other peers is ignored: with a new address in each, keys could be guessed without a limit.
  return (request) => {
    const peer = request.socket.remoteAddress ?? ''
    return trusted(peer, 0) ? proxyAddr(request, trusted) : peer
  }
}
