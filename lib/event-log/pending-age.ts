import type { DeliveryStore } from '../store/delivery-store.ts'

/**
 * The age of the oldest event with a pending delivery. Events have the time of the system clock at which they were accepted,
 * and that clock can be set back: an age that was seen once grows by the time that has passed since.
 */
export class PendingAge {
  readonly #deliveries: Pick<DeliveryStore, 'oldestPending'>
  #seen: { acceptedAt: number; ageMs: number; at: number } | undefined

  constructor(deliveries: Pick<DeliveryStore, 'oldestPending'>) {
    this.#deliveries = deliveries
  }

  /** Returns seconds; `null` if nothing is pending. @throws the database cannot be read */
  async seconds(): Promise<number | null> {
    const acceptedAt = await this.#deliveries.oldestPending()
    if (acceptedAt === null) {
      this.#seen = undefined
      return null
    }
    const byClock = Math.max(0, Date.now() - acceptedAt)
    if (this.#seen?.acceptedAt !== acceptedAt) this.#seen = { acceptedAt, ageMs: byClock, at: performance.now() }
    return Math.max(byClock, this.#seen.ageMs + performance.now() - this.#seen.at) / 1_000
  }
}
