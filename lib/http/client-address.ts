import { isIP, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

const PRIVATE_RANGES = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal'])

/**
 * Names the addresses that count as one client: an IPv4 address alone, an IPv6 address with all of its /64, since a host
 * can use every address of its /64. A text that is no address is returned as it is.
 */
export function addressBlock(forwarded: string): string {
  const address = withoutPort(forwarded)
  if (!isIPv6(address)) return address
  const parsed = parse(address)
  if (parsed instanceof ipaddr.IPv4) return parsed.toString()
  const groups = parsed.parts.slice(0, 4)
  return groups.map((group) => group.toString(16)).join(':')
}

/** Returns true for an address of this machine or of a private network. */
export function isPrivateAddress(forwarded: string): boolean {
  const address = withoutPort(forwarded)
  return isIP(address) !== 0 && PRIVATE_RANGES.has(parse(address).range())
}

/** Some proxies write the port of a client behind its address. */
export function withoutPort(address: string): string {
  return address.replace(/^\[([^\]]*)](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
}

/** Parses a valid address; one of IPv4 that is mapped to IPv6 becomes IPv4. */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  // ipaddr.js refuses zones that Node.js accepts (`%eth0.1`), and neither block nor range depends on them.
  return ipaddr.process(address.replace(/%.*/, ''))
}
