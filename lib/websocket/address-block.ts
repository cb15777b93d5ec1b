import { isIPv6 } from 'node:net'

/** What counts as one address: an IPv4 address, or the /64 that an IPv6 address is of, since who has one has all of them. */
export function addressBlock(address: string): string {
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
