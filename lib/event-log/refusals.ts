import { performance } from 'node:perf_hooks'
import type { MessageParams } from '../error-class.ts'
import type { NewEvent } from '../events/event.ts'
import { eventSize } from '../events/messages.ts'

/** The room that a call needs. */
export interface Load {
  /** Characters of its events. */
  size: number
  /** Deliveries to queues. */
  deliveries: number
}

/** The room that events need. */
export function loadOf(events: readonly NewEvent[]): Load {
  return {
    size: events.reduce((sum, event) => sum + eventSize(event), 0),
    deliveries: events.reduce((sum, { queues }) => sum + queues.length, 0)
  }
}

/** The events that were refused recently for one reason. */
export interface Refusal {
  code: string
  /** The message of the last refusal. */
  message: string
  /** What it says, as in the replies of errors; empty if only the message tells. */
  params: readonly (MessageParams | null)[]
  /** Number of events. */
  count: number
  since: Date
  /** Name of the instance whose share was used up the last time; `undefined`: the cause concerned all. */
  instance: string | undefined
}

type Noted = Refusal & Load & { lastAt: number }

/** Milliseconds for which a refusal is a fault, unless as much is accepted before. */
const FAULT_MS = 60_000

/**
 * Events that were refused by the store, by code. A code is forgotten after a minute without another refusal, or once a call
 * is accepted that needs as much room as the smallest refused one: only that shows that the cause is gone. If an instance had
 * used up its share, the call has to be one of that instance.
 */
export class Refusals {
  readonly #byCode = new Map<string, Noted>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  get any(): boolean {
    return this.#byCode.size > 0
  }

  /** @param error has the name of an instance if the cause concerns no other */
  refused(
    error: Pick<Refusal, 'code' | 'message'> & Partial<Pick<Refusal, 'params' | 'instance'>>,
    count: number,
    load: Load
  ): void {
    const { code, message, params = [], instance } = error
    const before = this.#recent().get(code)
    this.#byCode.set(code, {
      code,
      message,
      params,
      count: (before?.count ?? 0) + count,
      since: before?.since ?? new Date(),
      size: Math.min(load.size, before?.size ?? Infinity),
      deliveries: Math.min(load.deliveries, before?.deliveries ?? Infinity),
      instance,
      lastAt: this.#now()
    })
  }

  accepted({ size, deliveries }: Load, events: readonly Pick<NewEvent, 'instance'>[]): void {
    for (const [code, refusal] of this.#byCode) {
      const concerned = refusal.instance === undefined || events.some(({ instance }) => instance === refusal.instance)
      if (concerned && size >= refusal.size && deliveries >= refusal.deliveries) this.#byCode.delete(code)
    }
  }

  list(): Refusal[] {
    return [...this.#recent().values()].map(({ code, message, params, count, since, instance }) => ({
      code,
      message,
      params,
      count,
      since,
      instance
    }))
  }

  #recent(): ReadonlyMap<string, Noted> {
    for (const [code, { lastAt }] of this.#byCode) if (this.#now() - lastAt > FAULT_MS) this.#byCode.delete(code)
    return this.#byCode
  }
}
