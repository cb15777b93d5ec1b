import { performance } from 'node:perf_hooks'

/** What a call asked room for. */
export interface Load {
  /** Characters of its events. */
  size: number
  /** Deliveries to queues. */
  deliveries: number
}

/** Why events were refused of late. */
export interface Refusal {
  code: string
  /** What the last one was told. */
  message: string
  /** How many events. */
  count: number
  since: Date
}

type Noted = Refusal & Load & { lastAt: number }

/** How long a refusal is a fault, unless as much is accepted before. */
const FAULT_MS = 60_000

/**
 * Events that were refused for want of room or time, by code. Each code is forgotten after a minute without another, or as
 * soon as a call is accepted that asks for as much as the least that was refused: until then it has not been seen to work.
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

  refused({ code, message }: { code: string; message: string }, count: number, load: Load): void {
    const before = this.#recent().get(code)
    this.#byCode.set(code, {
      code,
      message,
      count: (before?.count ?? 0) + count,
      since: before?.since ?? new Date(),
      size: Math.min(load.size, before?.size ?? Infinity),
      deliveries: Math.min(load.deliveries, before?.deliveries ?? Infinity),
      lastAt: this.#now()
    })
  }

  accepted({ size, deliveries }: Load): void {
    for (const [code, refusal] of this.#byCode) {
      if (size >= refusal.size && deliveries >= refusal.deliveries) this.#byCode.delete(code)
    }
  }

  list(): Refusal[] {
    return [...this.#recent().values()].map(({ code, message, count, since }) => ({ code, message, count, since }))
  }

  #recent(): ReadonlyMap<string, Noted> {
    for (const [code, { lastAt }] of this.#byCode) if (this.#now() - lastAt > FAULT_MS) this.#byCode.delete(code)
    return this.#byCode
  }
}
