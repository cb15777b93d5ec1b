import type { DeliveryRef } from '../../lib/store/delivery-store.ts'
import type { LogStore } from '../../lib/store/log-store.ts'
import type { SimulatedProcess } from './clock.ts'

/** An event that a producer was told to be accepted. */
export interface Accepted {
  readonly producer: number
  readonly id: string
  readonly instance: string
  readonly offset: number
}

/** An event as the log has it. */
export interface LoggedEvent {
  readonly offset: number
  readonly id: string
  readonly instance: string
  readonly event: string
}

/** What happened to a delivery, at a time. */
export interface DeliveryMark {
  readonly queue: string
  readonly offset: number
  readonly at: number
}

/** What a run leaves behind for the checks. */
export class History {
  readonly #now: () => number
  readonly accepted: Accepted[] = []
  /** All events that were ever in the log, by offset. */
  readonly logged = new Map<number, LoggedEvent>()
  /** The highest offset that was ever pruned. */
  prunedTo = 0
  /** Deliveries that were written as sent. */
  readonly acknowledged: DeliveryMark[] = []
  /** Deliveries that were to be made dead letters. */
  readonly buried: (DeliveryMark & { reason: string })[] = []
  /** Dead letters that were to be made deliveries again. */
  readonly redriven: DeliveryMark[] = []
  /** When a process was ended by a crash, or lost the right to send. */
  readonly losses: { readonly process: SimulatedProcess; readonly at: number }[] = []
  /** What is wrong whatever else happens. */
  readonly violations: string[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  mark({ queue, offset }: DeliveryRef): DeliveryMark {
    return { queue, offset, at: this.#now() }
  }

  lost(process: SimulatedProcess): void {
    this.losses.push({ process, at: this.#now() })
  }

  /** Compares the log with what was seen of it before, and learns what is new in it. */
  async learn(log: Pick<LogStore, 'read' | 'range'>): Promise<void> {
    const seen = new Set<number>()
    for (let after = 0; ;) {
      const page = await log.read({ after, limit: 1_000 })
      for (const { offset, id, instance, event } of page) {
        seen.add(offset)
        const before = this.logged.get(offset)
        if (before && (before.id !== id || before.instance !== instance))
          this.violations.push(`offset ${offset} was ${before.id} and is ${id} now`)
        this.logged.set(offset, { offset, id, instance, event })
      }
      const last = page.at(-1)
      if (!last) break
      after = last.offset
    }
    const { prunedTo } = await log.range()
    this.prunedTo = Math.max(this.prunedTo, prunedTo)
    for (const offset of this.logged.keys())
      if (offset > this.prunedTo && !seen.has(offset))
        this.violations.push(`offset ${offset} is not in the log any more`)
  }
}
