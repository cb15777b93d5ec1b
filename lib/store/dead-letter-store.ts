import type { DeliveryRef } from './delivery-store.ts'

export interface DeadLetter extends DeliveryRef {
  readonly id: number
  readonly instance: string
  readonly event: string
  readonly eventId: string
  /** A code of ours or of AWS. */
  readonly reason: string
  readonly message: string
  readonly attempts: number
  readonly diedAt: Date
}

/** Which dead letters: those that fit every member given. */
export interface DeadLetterFilter {
  readonly ids?: readonly number[]
  readonly instance?: string
  readonly queue?: string
  readonly reason?: string
}

export interface DeadLetterPage extends DeadLetterFilter {
  /** Only ids above this one. */
  readonly after: number
  /** Only ids up to this one. @default all */
  readonly upTo?: number
  readonly limit: number
}

/** Deliveries that were given up on. */
export interface DeadLetterStore {
  /** Dead letters by ascending id. */
  read(page: DeadLetterPage): Promise<DeadLetter[]>

  /** How many dead letters there are, and the highest id so far (0: none yet). */
  count(): Promise<{ count: number; lastId: number }>

  /** Makes a page of dead letters pending deliveries again, atomically. @returns those it took */
  redrive(page: DeadLetterPage): Promise<DeadLetter[]>

  /** Forgets a page of dead letters, atomically: their events are not sent. @returns those it took */
  discard(page: DeadLetterPage): Promise<DeadLetter[]>
}
