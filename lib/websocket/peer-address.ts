import type { IncomingMessage } from 'node:http'
import proxyAddr from '@fastify/proxy-addr'
import { OptionsInvalidError } from '../errors.ts'

/** Of a header that anyone may write. */
const MAX_FORWARDED = 64

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
  return (request) => {
    const peer = request.socket.remoteAddress ?? ''
    if (trusted(peer, 0)) return proxyAddr(request, trusted)
    // Whoever this is says that it is a proxy. If it is one, those behind it are told apart; if it lies, it only ever
    // gets in its own way, since its own address stays part of the name.
    const forwarded = [request.headers['x-forwarded-for']]
      .flat()
      .join(',')
      .split(',')
      .at(-1)
      ?.trim()
      .slice(0, MAX_FORWARDED)
    return forwarded ? `${peer} for ${forwarded}` : peer
  }
}
