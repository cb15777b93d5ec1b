import { isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * Names the addresses that count as one client: an IPv4 address alone, an IPv6 address with all of its /64, since a host
 * can use every address of its /64. A text that is no address is returned as it is.
 */
export function addressBlock(address: string): string {
  if (!isIPv6(address)) return address
  // ipaddr.js refuses zones that Node.js accepts (`%eth0.1`), and the block does not depend on them.
  const parsed = ipaddr.IPv6.parse(address.replace(/%.*/, ''))
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString()
  const groups = parsed.parts.slice(0, 4)
  return groups.map((group) => group.toString(16)).join(':')
}
