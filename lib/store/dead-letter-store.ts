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
  /** Attempts of the last try. */
  readonly attempts: number
  /** Number of tries that ended as a dead letter: 1, and one for each redrive that did not help. */
  readonly tries: number
  readonly firstDiedAt: Date
  /** When the last try ended. */
  readonly diedAt: Date
}

/**
 * What became of a dead letter that was redriven: SQS has accepted it (`sent`), it is on its way (`pending`), or it was given up
 * again (`dead`). `unknown`: it was discarded, sent more than a day ago, or never redriven.
 */
export type RedriveOutcome =
  | { readonly id: number; readonly outcome: 'sent' | 'pending' | 'unknown' }
  | { readonly id: number; readonly outcome: 'dead'; readonly letter: DeadLetter }

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

/** Dead letters of one reason, queue and instance. */
export interface DeadLetterGroup {
  readonly reason: string
  readonly queue: string
  readonly instance: string
  readonly count: number
  /** End of the first try of any of them. */
  readonly firstDiedAt: Date
  /** End of the last try of any of them. */
  readonly lastDiedAt: Date
}

/** Number of dead letters that have a reason, or are for a queue. */
export interface DeadLetterCount {
  readonly name: string
  readonly count: number
}

/** Which dead letters are grouped. */
export interface DeadLetterGrouping extends Omit<DeadLetterFilter, 'ids'> {
  /** Largest number of entries of each list. */
  readonly limit: number
}

/** Dead letters in groups. Each list has the largest entries, largest first. */
export interface DeadLetterGroups {
  /** Number of dead letters in all groups, also in those that are not listed. */
  readonly count: number
  /** Number of all groups. */
  readonly groupCount: number
  readonly groups: readonly DeadLetterGroup[]
  /** Reasons of the dead letters that fit the other members of the filter, whichever reason it has. */
  readonly reasons: readonly DeadLetterCount[]
  /** Queues of the dead letters that fit the other members of the filter, whichever queue it has. */
  readonly queues: readonly DeadLetterCount[]
}

/** Deliveries that were given up. */
export interface DeadLetterStore {
  /** Dead letters by ascending id. */
  read(page: DeadLetterPage): Promise<DeadLetter[]>

  /** Number of dead letters, and the highest id so far (0 if there was none). */
  count(): Promise<{ count: number; lastId: number }>

  /** Groups the dead letters that fit. They may change meanwhile: each that stays is counted once. */
  groups(grouping: DeadLetterGrouping): Promise<DeadLetterGroups>

  /** What became of dead letters, in the order of the ids. */
  outcomes(ids: readonly number[]): Promise<RedriveOutcome[]>

  /**
   * Turns a page of dead letters into pending deliveries again, atomically. One that is given up again has the same id.
   * @returns those dead letters
   */
  redrive(page: DeadLetterPage): Promise<DeadLetter[]>

  /** Removes a page of dead letters, atomically: their events are not sent. @returns those dead letters */
  discard(page: DeadLetterPage): Promise<DeadLetter[]>
}
