import type { DeliveryStore } from '../store/delivery-store.ts'

/** The oldest pending delivery. */
export interface OldestDelivery {
  readonly queue: string
  /** Seconds since its event was accepted. */
  readonly ageSeconds: number
  /** Seconds for which this process has seen it as the oldest: nothing older was sent since. */
  readonly unchangedSeconds: number
}

interface Seen {
  readonly offset: number
  readonly queue: string
  readonly ageMs: number
  /** `performance.now()` when it was seen first. */
  readonly at: number
}

/**
 * The age of the oldest event with a pending delivery. Events have the time of the system clock at which they were accepted,
 * and that clock can be set back: an age that was seen once grows by the time that has passed since.
 */
export class PendingAge {
  readonly #deliveries: Pick<DeliveryStore, 'oldestPending'>
  #seen: Seen | undefined

  constructor(deliveries: Pick<DeliveryStore, 'oldestPending'>) {
    this.#deliveries = deliveries
  }

  /** Returns the oldest; `null` if nothing is pending. @throws the database cannot be read */
  async oldest(): Promise<OldestDelivery | null> {
    const oldest = await this.#deliveries.oldestPending()
    if (!oldest) {
      this.#seen = undefined
      return null
    }
    const { offset, queue, acceptedAt } = oldest
    const now = performance.now()
    const byClock = Math.max(0, Date.now() - acceptedAt)
    if (this.#seen?.offset !== offset || this.#seen.queue !== queue)
      this.#seen = { offset, queue, ageMs: byClock, at: now }
    const unchangedMs = now - this.#seen.at
    return {
      queue,
      ageSeconds: Math.max(byClock, this.#seen.ageMs + unchangedMs) / 1_000,
      unchangedSeconds: unchangedMs / 1_000
    }
  }

  /** Returns the age of the oldest in seconds; `null` if nothing is pending. @throws the database cannot be read */
  async seconds(): Promise<number | null> {
    return (await this.oldest())?.ageSeconds ?? null
  }
}
