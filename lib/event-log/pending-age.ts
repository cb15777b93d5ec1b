import type { DeliveryStore } from '../store/delivery-store.ts'

/**
 * For how long the oldest event with a pending delivery has waited. Events have the time by the clock when they were
 * accepted, and a clock may be set back: an age that was seen grows by the time that has passed since.
 */
export class PendingAge {
  readonly #deliveries: Pick<DeliveryStore, 'oldestPending'>
  #seen: { acceptedAt: number; ageMs: number; at: number } | undefined

  constructor(deliveries: Pick<DeliveryStore, 'oldestPending'>) {
    this.#deliveries = deliveries
  }

  /** `null`: nothing is pending. @throws as `DeliveryStore.oldestPending` */
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
