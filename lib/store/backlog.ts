import { BackpressureError } from '../errors.ts'

/** Counts pending deliveries, and refuses more than a limit. */
export class Backlog {
  readonly max: number
  #pending: number
  /** Deliveries of appends that are not committed yet. */
  #reserved = 0
  #changes = 0

  constructor({ max, pending }: { max: number; pending: number }) {
    this.max = max
    this.#pending = pending
  }

  get pending(): number {
    return this.#pending
  }

  /** Keeps room for the deliveries of an append until `settle`. @throws {BackpressureError} there is no room */
  reserve(deliveries: number): void {
    if (deliveries > 0 && this.#pending + this.#reserved + deliveries > this.max) throw fullBacklog(this)
    this.#reserved += deliveries
  }

  /** Gives a reservation back: its append is committed, or has failed. */
  settle(deliveries: number): void {
    this.#reserved -= deliveries
  }

  change(by: number): void {
    this.#pending += by
    this.#changes++
  }

  /** Number of changes so far. */
  get changes(): number {
    return this.#changes
  }

  /** Sets it to what was counted. */
  correct(pending: number): void {
    this.#pending = pending
  }
}

/** The error of an append that finds no room. */
export function fullBacklog({ pending, max }: { pending: number; max: number }): BackpressureError {
  return new BackpressureError(`${pending} deliveries to SQS are pending, the limit is ${max}`)
}
