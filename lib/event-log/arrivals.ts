import { TooManyRequestsError } from '../errors.ts'
import type { StoredEvent } from '../events/event.ts'
import type { Instance } from '../instances/instance.ts'
import type { LogStore } from '../store/log-store.ts'

/** The events that a request waits for. */
export interface Awaited {
  /** `undefined`: of any instance. */
  instanceKey: number | undefined
  /** Names; `undefined`: any. */
  events: readonly string[] | undefined
}

interface Waiting extends Awaited {
  resolve: () => void
}

/** Requests that may wait at once. */
const MAX_WAITING = 10_000

/** Requests that wait for the next event of the log. */
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
   * Begins to wait. `arrived` resolves at the next event, at a new epoch, when the instance changes, when `signal` is aborted, or
   * at `close`. Call `end` when the request does not wait any more.
   * @throws {TooManyRequestsError} too many wait
   */
  begin(awaited: Awaited, signal: AbortSignal): { arrived: Promise<void>; end: () => void } {
    if (this.#waiting.size >= MAX_WAITING) throw new TooManyRequestsError('Too many requests wait for events')
    const { promise: arrived, resolve } = Promise.withResolvers<void>()
    const waiting = { ...awaited, resolve }
    this.#waiting.add(waiting)
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
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
    return { arrived, end: () => this.#end(waiting) }
  }

  /** Ends the waits for events of an instance: it is gone, or its token is. */
  changed({ key }: Instance): void {
    for (const { instanceKey, resolve } of this.#waiting) if (instanceKey === key) resolve()
  }

  /** Ends all waits, and lets none begin. */
  close(): void {
    this.#closed = true
    this.#wakeAll()
  }

  /** The first epoch is the one in which the wait has begun. */
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
