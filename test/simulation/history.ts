import type { DeliveryRef } from '../../lib/store/delivery-store.ts'
import type { StoredEvent } from '../../lib/events/event.ts'
import type { LogRange, LogStore } from '../../lib/store/log-store.ts'
import type { SimulatedProcess } from './clock.ts'

/** An event that a producer was told to be accepted. */
export interface Accepted {
  readonly producer: number
  readonly id: string
  readonly instance: string
  readonly offset: number
  readonly at: number
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

/** The log as it was when it lost its end. */
export interface Failover {
  readonly at: number
  /** The last offset that was left. */
  readonly upTo: number
  readonly logged: ReadonlyMap<number, LoggedEvent>
}

/** What a run leaves behind for the checks. */
export class History {
  readonly #now: () => number
  readonly accepted: Accepted[] = []
  readonly failovers: Failover[] = []
  /** All events that were ever in the log, but for those that it has lost, by offset. */
  readonly logged = new Map<number, LoggedEvent>()
  /** The highest offset that was ever pruned. */
  prunedTo = 0
  /** Deliveries that were written as sent. */
  acknowledged: DeliveryMark[] = []
  /** Deliveries that were to be made dead letters. */
  buried: (DeliveryMark & { reason: string })[] = []
  /** Dead letters that were to be made deliveries again. */
  redriven: DeliveryMark[] = []
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

  /** The event that has this offset and id, or had it before the log lost its end. */
  event({ offset, id }: Pick<LoggedEvent, 'offset' | 'id'>): LoggedEvent | undefined {
    const logs = [this.logged, ...this.failovers.map(({ logged }) => logged)]
    return logs.map((logged) => logged.get(offset)).find((event) => event?.id === id)
  }

  /** True if the log has lost the event. */
  isLost({ offset, id }: Pick<LoggedEvent, 'offset' | 'id'>): boolean {
    return this.logged.get(offset)?.id !== id && this.event({ offset, id }) !== undefined
  }

  /** True if the log has kept an event that was accepted. */
  isLeft({ at, offset, id }: Accepted): boolean {
    if (this.failovers.some((failover) => at < failover.at && offset > failover.upTo)) return false
    return !this.isLost({ offset, id })
  }

  /** The log has lost what is above `upTo`, and what happened to deliveries after `since`. */
  failedOver({ upTo, since }: { upTo: number; since: number }): void {
    this.failovers.push({ at: this.#now(), upTo, logged: new Map(this.logged) })
    for (const offset of this.logged.keys()) if (offset > upTo) this.logged.delete(offset)
    const isLeft = ({ offset }: DeliveryMark) => offset <= upTo
    this.acknowledged = this.acknowledged.filter((mark) => isLeft(mark) && mark.at < since)
    this.buried = this.buried.filter(isLeft)
    this.redriven = this.redriven.filter(isLeft)
  }

  /** Compares the log with what was seen of it before, and learns what is new in it. */
  async learn(log: Pick<LogStore, 'read' | 'range'>): Promise<void> {
    const events: StoredEvent[] = []
    for (let after = 0; ;) {
      const page = await log.read({ after, limit: 1_000 })
      events.push(...page)
      const last = page.at(-1)
      if (!last) break
      after = last.offset
    }
    this.note(events, await log.range())
  }

  /** As `learn`, of all events of the log. */
  note(events: readonly StoredEvent[], { prunedTo }: Pick<LogRange, 'prunedTo'>): void {
    const seen = new Set<number>()
    for (const { offset, id, instance, event } of events) {
      seen.add(offset)
      const before = this.logged.get(offset)
      if (before && (before.id !== id || before.instance !== instance))
        this.violations.push(`offset ${offset} was ${before.id} and is ${id} now`)
      this.logged.set(offset, { offset, id, instance, event })
    }
    this.prunedTo = Math.max(this.prunedTo, prunedTo)
    for (const offset of this.logged.keys())
      if (offset > this.prunedTo && !seen.has(offset))
        this.violations.push(`offset ${offset} is not in the log any more`)
  }
}
