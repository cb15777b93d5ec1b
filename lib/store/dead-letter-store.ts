import type { DeliveryRef } from './delivery-store.ts'

/** A delivery that was given up. */
export interface DeadLetter extends DeliveryRef {
  readonly id: number
  readonly instance: string
  readonly event: string
  readonly eventId: string
  /** A code of this package or of AWS. */
  readonly reason: string
  readonly message: string
  readonly attempts: number
  readonly diedAt: Date
}

/** Dead letters that fit every member given. */
export interface DeadLetterFilter {
  readonly ids?: readonly number[]
  readonly instance?: string
  readonly queue?: string
  readonly reason?: string
}

/** A page of dead letters. */
export interface DeadLetterPage extends DeadLetterFilter {
  /** Only ids above this one. */
  readonly after: number
  /** Only ids up to this one. @default all */
  readonly upTo?: number
  readonly limit: number
}

/** Deliveries that were given up. */
export interface DeadLetterStore {
  /** Dead letters by ascending id. */
  read(page: DeadLetterPage): Promise<DeadLetter[]>

  /** Number of dead letters, and the highest id so far (0 if there was none). */
  count(): Promise<{ count: number; lastId: number }>

  /** Turns a page of dead letters into pending deliveries again, atomically. @returns those dead letters */
  redrive(page: DeadLetterPage): Promise<DeadLetter[]>

  /** Removes a page of dead letters, atomically: their events are not sent. @returns those dead letters */
  discard(page: DeadLetterPage): Promise<DeadLetter[]>
}
