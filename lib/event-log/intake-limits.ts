import type { EventStore } from '../store/event-store.ts'
import type { NormalEvent } from './normalise.ts'
import { type RateName, RateLimits } from './rate-limits.ts'
import { RetainedLimit } from './retained-limit.ts'

export interface IntakeLimitsOptions {
  store: Pick<EventStore, 'instances' | 'log'>
  /** Rates of instances without their own; 0: unlimited. */
  rates: Readonly<Record<RateName, number>>
  /** Bytes of the log that an instance without its own limit may hold; 0: unlimited. */
  retainedBytes: number
  /** The instance without limits: the operator's. */
  except: string | undefined
}

/** The limits of what instances post: events and bytes a second, and bytes of the log that they hold. */
export class IntakeLimits {
  /** The limits of instances without their own; 0: unlimited. */
  readonly defaults: Readonly<Record<RateName | 'retainedBytes', number>>
  readonly #rates: RateLimits
  readonly #retained: RetainedLimit

  constructor({ store: { instances, log }, rates, retainedBytes, except }: IntakeLimitsOptions) {
    this.defaults = { ...rates, retainedBytes }
    this.#rates = new RateLimits({ instances, defaults: rates, except })
    this.#retained = new RetainedLimit({ instances, log, limit: retainedBytes, except })
  }

  /** @throws {LimitExceededError} an instance can post no event now */
  assertMayPost(instance: string): void {
    this.#retained.assertRoom(instance)
    this.#rates.assertAny(instance)
  }

  /** Counts events, or none of them. @throws {LimitExceededError} one of their instances is over a limit */
  take(events: readonly NormalEvent[]): void {
    this.#retained.assertRooms(events)
    this.#rates.take(events)
  }
}
