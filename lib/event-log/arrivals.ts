import { TooManyRequestsError } from '../errors.ts'
import type { StoredEvent } from '../events/event.ts'
import type { Instance } from '../instances/instance.ts'
import type { LogStore } from '../store/log-store.ts'

/** The events that a request is waiting for. */
export interface Awaited {
  /** Key of their instance; `undefined` for any. */
  instanceKey: number | undefined
  /** Their names; `undefined` for any. */
  events: readonly string[] | undefined
}

interface Waiting extends Awaited {
  resolve: () => void
}

/** Requests that may wait at once. */
const MAX_WAITING = 10_000

/** Wakes requests that wait for the next event of the log. */
export class Arrivals {
  readonly #log: Pick<LogStore, 'tail'>
  readonly #waiting = new Set<Waiting>()
  #stopTail: (() => void) | undefined
  #epoch: string | undefined
  #closed = false

  constructor(log: Pick<LogStore, 'tail'>) {
    this.#log = log
  }

  /** True from `close` on. */
  get closed(): boolean {
    return this.#closed
  }

  /**
   * Registers a request that waits. `arrived` resolves at the next event, at a new epoch, when the instance changes, when `signal` is
   * aborted, or at `close`. Call `end` when the request no longer waits.
   * @throws {TooManyRequestsError} too many wait
   */
  begin(awaited: Awaited, signal: AbortSignal): { arrived: Promise<void>; end: () => void } {
    if (this.#waiting.size >= MAX_WAITING) throw new TooManyRequestsError('Too many requests wait for events')
    const { promise: arrived, resolve } = Promise.withResolvers<void>()
    const waiting = { ...awaited, resolve }
    this.#waiting.add(waiting)
    const aborted = () => resolve()
    if (signal.aborted) aborted()
    signal.addEventListener('abort', aborted)
    this.#stopTail ??= this.#log.tail({
      interest: () => ({
        all: [...this.#waiting].some(({ instanceKey }) => instanceKey === undefined),
        instanceKeys: this.#waiting
          .values()
          .flatMap(({ instanceKey }) => (instanceKey === undefined ? [] : [instanceKey]))
      }),
      entered: ({ id }) => this.#entered(id),
      advanced: (events) => this.#advanced(events)
    })
    const end = () => {
      signal.removeEventListener('abort', aborted)
      this.#end(waiting)
    }
    return { arrived, end }
  }

  /** Wakes the requests that wait for an instance, because it or its token has changed. */
  changed({ key }: Instance): void {
    for (const { instanceKey, resolve } of this.#waiting) if (instanceKey === key) resolve()
  }

  /** Wakes all requests; later ones do not wait. */
  close(): void {
    this.#closed = true
    this.#wakeAll()
  }

  /** Wakes all requests at each epoch but the first one. */
  #entered(id: string): void {
    if (this.#epoch !== undefined && this.#epoch !== id) this.#wakeAll()
    this.#epoch = id
  }

  #wakeAll(): void {
    for (const { resolve } of this.#waiting) resolve()
  }

  #advanced(arrived: readonly StoredEvent[]): void {
    for (const { instanceKey, events, resolve } of this.#waiting) {
      const isAwaited = (event: StoredEvent) =>
        (instanceKey === undefined || instanceKey === event.instanceKey) && (!events || events.includes(event.event))
      if (arrived.some(isAwaited)) resolve()
    }
  }

  #end(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    if (this.#waiting.size > 0) return
    this.#stopTail?.()
    this.#stopTail = undefined
    this.#epoch = undefined
  }
}
