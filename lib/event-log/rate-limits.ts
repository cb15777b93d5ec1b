import { LimitExceededError } from '../errors.ts'
import { saying } from '../message-code.ts'
import { type NewEvent, onlyInstance } from '../events/event.ts'
import { eventBytes } from '../events/messages.ts'
import type { InstanceDirectory } from '../instances/directory.ts'

/** A rate; 0: unlimited. */
export type RateName = 'eventsPerSecond' | 'bytesPerSecond'

export interface RateLimitsOptions {
  instances: Pick<InstanceDirectory, 'get'>
  /** Rates of instances without their own. */
  defaults: Readonly<Record<RateName, number>>
  /** Name of an instance without limits. */
  except: string | undefined
  /** Monotonic clock in milliseconds. @default performance.now */
  now?: () => number
}

/** What counts of an event. */
type Posted = Pick<NewEvent, 'instance' | 'data' | 'envelope' | 'extra' | 'traceparent'>

/** A time for each rate. The state of a token bucket is the time at which it is full. */
type Buckets = Record<RateName, number>

/** What a call takes of the buckets of one instance, in milliseconds in which they get it back. */
interface Claim {
  readonly instance: string
  readonly buckets: Buckets
  readonly costs: Buckets
}

const RATES: readonly RateName[] = ['eventsPerSecond', 'bytesPerSecond']
/** The size of a bucket: what is added to it in this time. */
const BURST_MS = 1_000
/** Instances whose buckets are looked at when those of another are added, to forget full ones. */
const SWEPT = 2

/**
 * Limits the events that each instance posts on this node. A call that is larger than a bucket is accepted when the bucket is full,
 * and later calls wait until it is paid for.
 */
export class RateLimits {
  readonly #options: RateLimitsOptions
  readonly #now: () => number
  readonly #byInstance = new Map<string, Buckets>()
  #swept = this.#byInstance.entries()

  constructor({ now = () => performance.now(), ...options }: RateLimitsOptions) {
    this.#options = options
    this.#now = now
  }

  /** Number of instances whose buckets are kept. */
  get size(): number {
    return this.#byInstance.size
  }

  /**
   * Takes the events of a call from the buckets of their instances, all or none.
   * @throws {LimitExceededError} with `retryAfterMs`: a bucket has too little
   */
  take(events: readonly Posted[]): void {
    const now = this.#now()
    const claims: Claim[] = []
    for (const [instance, own] of byInstance(events)) {
      const claim = this.#claim(instance, own, now)
      if (claim) claims.push(claim)
    }
    for (const { instance, buckets, costs } of claims) {
      for (const rate of RATES) buckets[rate] = Math.max(buckets[rate], now) + costs[rate]
      if (!this.#byInstance.has(instance)) this.#keep(instance, buckets, now)
    }
  }

  /** @throws {LimitExceededError} with `retryAfterMs`: an instance can post no event now */
  assertAny(instance: string): void {
    const buckets = this.#byInstance.get(instance)
    const limits = buckets && this.#limitsOf(instance)
    if (!limits) return
    const now = this.#now()
    for (const rate of RATES) costMs(1, { instance, rate, limit: limits[rate], fullInMs: buckets[rate] - now })
  }

  /** Returns what events cost; `undefined` if their instance has no limits. @throws {LimitExceededError} */
  #claim(instance: string, events: readonly Posted[], now: number): Claim | undefined {
    const limits = this.#limitsOf(instance)
    if (!limits) return undefined
    const buckets = this.#byInstance.get(instance) ?? { eventsPerSecond: now, bytesPerSecond: now }
    const cost = (rate: RateName, amount: number) =>
      costMs(amount, { instance, rate, limit: limits[rate], fullInMs: buckets[rate] - now })
    const eventsPerSecond = cost('eventsPerSecond', events.length)
    const isWeighed = limits.bytesPerSecond > 0
    const bytes = isWeighed ? events.reduce((sum, event) => sum + eventBytes(event), 0) : 0
    return { instance, buckets, costs: { eventsPerSecond, bytesPerSecond: cost('bytesPerSecond', bytes) } }
  }

  /** The rates of an instance; `undefined` if both are unlimited. */
  #limitsOf(instance: string): Record<RateName, number> | undefined {
    const { instances, defaults, except } = this.#options
    if (instance === except) return undefined
    const own = instances.get(instance)?.limits
    const eventsPerSecond = own?.eventsPerSecond ?? defaults.eventsPerSecond
    const bytesPerSecond = own?.bytesPerSecond ?? defaults.bytesPerSecond
    return eventsPerSecond === 0 && bytesPerSecond === 0 ? undefined : { eventsPerSecond, bytesPerSecond }
  }

  /** Keeps the buckets of an instance, and forgets full ones of others. */
  #keep(instance: string, buckets: Buckets, now: number): void {
    this.#byInstance.set(instance, buckets)
    for (let looked = 0; looked < SWEPT; looked++) {
      const { done, value } = this.#swept.next()
      if (done) this.#swept = this.#byInstance.entries()
      else if (RATES.every((rate) => value[1][rate] <= now)) this.#byInstance.delete(value[0])
    }
  }
}

function byInstance(events: readonly Posted[]): Iterable<readonly [string, readonly Posted[]]> {
  const only = onlyInstance(events)
  if (only !== undefined) return [[only, events]]
  return Map.groupBy(events, ({ instance }) => instance)
}

interface Bucket {
  instance: string
  rate: RateName
  limit: number
  fullInMs: number
}

/**
 * Returns the time in which a bucket gets what an amount takes of it; 0 without a limit.
 * @throws {LimitExceededError} it has too little
 */
function costMs(amount: number, { instance, rate, limit, fullInMs }: Bucket): number {
  if (limit === 0) return 0
  const cost = (amount * 1_000) / limit
  const waitMs = Math.max(fullInMs, 0) + Math.min(cost, BURST_MS) - BURST_MS
  if (waitMs <= 0) return cost
  const error = new LimitExceededError(instance, rate, `${limit} on each node`)
  throw saying(error, { code: 'rateExceeded', values: [instance, rate, limit] }, { retryAfterMs: Math.ceil(waitMs) })
}
