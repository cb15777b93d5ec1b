import { addressBlock, isPrivateAddress } from '../http/client-address.ts'

/** A request that was rejected. */
export interface Rejected {
  code: string
  /** The reason, without anything of the request's key or body. */
  message: string
  /** Method and path of the route, such as `POST /events/:instance`. */
  route: string
  /** Address of the client. */
  address: string
  /** Name of a registered instance; `null` if unknown. */
  instance: string | null
  /** True if its key was valid. */
  authorized: boolean
}

/** The rejected requests of one code, route, instance and client. */
export interface Rejection extends Omit<Rejected, 'authorized'> {
  count: number
  firstAt: Date
  lastAt: Date
}

interface Kept extends Rejection {
  /** Number of minutes in which there was at least one. */
  minutes: number
}

/** Maximum number of entries for each group of clients. */
const MAX_KEPT = 30
/** Maximum number of these entries for one instance. */
const MAX_OF_INSTANCE = 10
const MINUTE_MS = 60_000

/**
 * Lists rejected requests, so that a mistyped key or an unknown event is noticed. Memory is bounded. Clients with a
 * valid key, clients without one in private networks, where hubs usually are, and all others have separate limits, so
 * that an attacker with many addresses cannot displace the first two. When a group is full, the entry that was seen in
 * the fewest minutes is dropped.
 */
export class Rejections {
  readonly #groups: Record<'authorized' | 'near' | 'far', Map<string, Kept>> = {
    authorized: new Map(),
    near: new Map(),
    far: new Map()
  }
  readonly #now: () => Date
  #total = 0
  #forgotten = 0

  constructor(now: () => Date = () => new Date()) {
    this.#now = now
  }

  /** Number of rejected requests since the start. */
  get total(): number {
    return this.#total
  }

  /** Number of entries that were dropped to make room. */
  get forgotten(): number {
    return this.#forgotten
  }

  add({ authorized, ...rejected }: Rejected): void {
    const { code, route, instance, address, message } = rejected
    const group = this.#groups[authorized ? 'authorized' : isPrivateAddress(address) ? 'near' : 'far']
    const key = JSON.stringify([code, route, instance, addressBlock(address)])
    const now = this.#now()
    this.#total++
    const known = group.get(key)
    if (known) {
      if (minuteOf(known.lastAt) !== minuteOf(now)) known.minutes++
      Object.assign(known, { message, address, count: known.count + 1, lastAt: now })
      return
    }
    this.#makeRoom(group, instance)
    group.set(key, { ...rejected, count: 1, minutes: 1, firstAt: now, lastAt: now })
  }

  /** Returns all entries, latest first. */
  list(): Rejection[] {
    return Object.values(this.#groups)
      .flatMap((group) => [...group.values()])
      .sort((a, b) => b.lastAt.getTime() - a.lastAt.getTime())
      .map(({ minutes: _minutes, ...rejection }) => rejection)
  }

  #makeRoom(group: Map<string, Kept>, instance: string | null): void {
    const own = instance === null ? [] : [...group].filter(([, kept]) => kept.instance === instance)
    const full = own.length >= MAX_OF_INSTANCE ? own : group.size >= MAX_KEPT ? [...group] : []
    if (full.length === 0) return
    const [[first]] = full.toSorted(
      ([, a], [, b]) => a.minutes - b.minutes || a.lastAt.getTime() - b.lastAt.getTime()
    ) as [[string, Kept]]
    group.delete(first)
    this.#forgotten++
  }
}

function minuteOf(time: Date): number {
  return Math.floor(time.getTime() / MINUTE_MS)
}
