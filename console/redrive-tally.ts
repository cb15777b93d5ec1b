import type { DeadLetter, RedriveOutcome } from './api/types.ts'

/** A dead letter that was given up again, with the new reason. */
export type DeadAgain = Pick<DeadLetter, 'id' | 'instance' | 'event' | 'offset' | 'queue' | 'reason' | 'message'>

/** Dead letters that are listed one by one. */
const LISTED = 500

/** What became of redriven dead letters so far. */
export interface Redriven {
  /** Number of those whose outcome is known. */
  done: number
  sent: number
  /** Handled by somebody else. */
  gone: number
  /** Given up again. */
  dead: number
  /** Numbers of those that were given up again, by reason. */
  reasons: readonly (readonly [code: string, count: number])[]
  /** The first of those that were given up again. */
  deadAgain: readonly DeadAgain[]
}

export const NOTHING_REDRIVEN: Redriven = { done: 0, sent: 0, gone: 0, dead: 0, reasons: [], deadAgain: [] }

/** Counts what became of redriven dead letters, in an amount of memory that does not grow with their number. */
export class RedriveTally {
  #sent = 0
  #gone = 0
  readonly #reasons = new Map<string, number>()
  readonly #deadAgain: DeadAgain[] = []

  get state(): Redriven {
    const reasons = [...this.#reasons]
    const dead = reasons.reduce((sum, [, count]) => sum + count, 0)
    return {
      done: this.#sent + this.#gone + dead,
      sent: this.#sent,
      gone: this.#gone,
      dead,
      reasons,
      deadAgain: [...this.#deadAgain]
    }
  }

  /** Counts dead letters that somebody else has handled. */
  addGone(count: number): void {
    this.#gone += count
  }

  /** Counts the outcome of a dead letter that is not pending any more. */
  add({ id, instance, event, offset, queue }: DeadLetter, outcome: RedriveOutcome): void {
    if (outcome.outcome === 'sent') this.#sent++
    else if (outcome.outcome !== 'dead') this.#gone++
    else {
      const { reason = '', message = '' } = outcome
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
      const again = { id, instance, event, offset, queue, reason, message }
      if (this.#deadAgain.length < LISTED) this.#deadAgain.push(again)
    }
  }
}
