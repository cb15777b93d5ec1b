import { BackpressureError } from '../errors.ts'
import { saying } from '../message-code.ts'
import type { NewEvent } from '../events/event.ts'

/** Numbers of deliveries, by name of instance. */
export type DeliveryCounts = ReadonlyMap<string, number>

/** Numbers of pending deliveries. */
export interface PendingCounts {
  readonly all: number
  /** By key of instance; those with few may be missing. */
  readonly byInstance: Iterable<readonly [instanceKey: number, pending: number]>
}

export interface BacklogOptions {
  /** Pending deliveries that there may be, apart from the reserve for instances with few. */
  max: number
  /** @default none */
  pending?: PendingCounts
  /** Returns the key of an instance; `undefined`: it has none yet. */
  keyOf: (instance: string) => number | undefined
}

const NONE: DeliveryCounts = new Map()

/** Returns the number of deliveries that events need. */
export function countDeliveries(events: readonly NewEvent[]): DeliveryCounts {
  if (events.every(({ queues }) => queues.length === 0)) return NONE
  const counts = new Map<string, number>()
  for (const { instance, queues } of events) counts.set(instance, (counts.get(instance) ?? 0) + queues.length)
  return counts
}

/**
 * Counts pending deliveries, and refuses more than a limit. One instance alone may have all of them, and half of them while
 * others have any. Half of the limit more is a reserve for the others once the limit is reached: an instance may have as many
 * as are left of it then, so that one with none always finds room.
 */
export class Backlog {
  readonly max: number
  readonly #keyOf: BacklogOptions['keyOf']
  #pending = 0
  /** Pending deliveries by key of instance. */
  #byInstance = new Map<number, number>()
  /** Deliveries of appends that are not committed yet, in all and by name of instance. */
  #reserved = 0
  readonly #reservations = new Map<string, number>()
  #changes = 0

  constructor({ max, pending, keyOf }: BacklogOptions) {
    this.max = max
    this.#keyOf = keyOf
    if (pending) this.correct(pending)
  }

  get pending(): number {
    return this.#pending
  }

  /** Pending deliveries of an instance, as far as they are known. */
  pendingOf(instanceKey: number): number {
    return this.#byInstance.get(instanceKey) ?? 0
  }

  /**
   * Keeps room for the deliveries of an append until `settle`.
   * @throws {BackpressureError} there is no room for one of its instances
   */
  reserve(deliveries: DeliveryCounts): void {
    const added = deliveries.values().reduce((sum, count) => sum + count, 0)
    const all = this.#pending + this.#reserved + added
    for (const [instance, count] of deliveries) {
      const before = this.#of(instance)
      if (count > 0 && before + count > this.#share(before + count, all)) throw this.#refusal(instance, before)
    }
    this.#reserved += added
    for (const [instance, count] of deliveries) {
      this.#reservations.set(instance, (this.#reservations.get(instance) ?? 0) + count)
    }
  }

  /** Gives a reservation back: its append is committed, or has failed. */
  settle(deliveries: DeliveryCounts): void {
    for (const [instance, count] of deliveries) {
      this.#reserved -= count
      const left = (this.#reservations.get(instance) as number) - count
      if (left > 0) this.#reservations.set(instance, left)
      else this.#reservations.delete(instance)
    }
  }

  change(instanceKey: number, by: number): void {
    this.#pending += by
    const pending = (this.#byInstance.get(instanceKey) ?? 0) + by
    if (pending > 0) this.#byInstance.set(instanceKey, pending)
    else this.#byInstance.delete(instanceKey)
    this.#changes++
  }

  /** Number of changes so far. */
  get changes(): number {
    return this.#changes
  }

  /** Sets it to what was counted. */
  correct({ all, byInstance }: PendingCounts): void {
    this.#pending = all
    this.#byInstance = new Map(byInstance)
  }

  /** Deliveries that an instance has and has reserved. */
  #of(instance: string): number {
    const key = this.#keyOf(instance)
    const pending = key === undefined ? 0 : this.pendingOf(key)
    return pending + (this.#reservations.get(instance) ?? 0)
  }

  /** Deliveries that an instance may have when it has `own` of `all`. */
  #share(own: number, all: number): number {
    if (own >= all) return this.max
    const half = Math.ceil(this.max / 2)
    return Math.min(half, this.max + half - all)
  }

  #refusal(instance: string, own: number): BackpressureError {
    const { max } = this
    if (own >= this.#pending + this.#reserved) return fullBacklog({ pending: this.#pending, max })
    const error = new BackpressureError(
      `the "${instance}" instance has used its share of pending deliveries to SQS (${own}, the limit of all instances is ${max}): its events are accepted again once SQS has accepted more of them`
    )
    error.instance = instance
    return saying(error, { code: 'backlogShareFull', values: [instance, own, max] })
  }
}

/** The error of an append that finds no room. */
export function fullBacklog({ pending, max }: { pending: number; max: number }): BackpressureError {
  const error = new BackpressureError(`${pending} deliveries to SQS are pending, the limit is ${max}`)
  return saying(error, { code: 'backlogFull', values: [pending, max] })
}
