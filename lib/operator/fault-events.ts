import type { DeliveryStore } from '../store/delivery-store.ts'
import type { QueueFault } from '../operation/fault.ts'
import type { OperatorEvents } from './operator-events.ts'

export interface FaultEventsOptions {
  operator: OperatorEvents
  deliveries: Pick<DeliveryStore, 'pendingCount' | 'maxPending'>
  /** Source of the faults of queues, apart from those of the operator's instance. */
  queues: { queueFaults(): readonly QueueFault[] }
  /** Milliseconds since the epoch. @default Date.now */
  now?: () => number
}

/** Milliseconds for which queues accept nothing before an event is emitted, so that brief failures are ignored. */
const HELD_MS = 10_000
/** Share of the backlog's limit at which an event is emitted, and the share below which another one may follow. */
const NEARLY_FULL = 0.8
const RELIEVED = 0.6
/** Milliseconds within which the same fault has the same id on all nodes. */
const SAME_MS = 10 * 60_000

/** Emits an event when queues begin to accept nothing, and when the backlog becomes nearly full. */
export class FaultEvents {
  readonly #options: Required<FaultEventsOptions>
  #told = new Set<string>()
  #isNearlyFull = false

  constructor(options: FaultEventsOptions) {
    this.#options = { now: () => Date.now(), ...options }
  }

  /** Checks for new faults. */
  look(): void {
    this.#lookAtQueues()
    this.#lookAtBacklog()
  }

  #lookAtQueues(): void {
    const { operator, queues: source, now } = this.#options
    const held = source.queueFaults().filter(({ since }) => now() - since.getTime() >= HELD_MS)
    for (const { code, message, queue, queues, since } of held) {
      if (this.#told.has(code)) continue
      const data = { code, message, queue, queues, since: since.toISOString() }
      void operator.emit('operator.queue-refused', data, this.#idOf(`queue:${code}`))
    }
    this.#told = new Set(held.map(({ code }) => code))
  }

  #lookAtBacklog(): void {
    const { operator, deliveries } = this.#options
    const { maxPending } = deliveries
    const pending = deliveries.pendingCount()
    if (pending < maxPending * RELIEVED) this.#isNearlyFull = false
    if (this.#isNearlyFull || pending < maxPending * NEARLY_FULL) return
    this.#isNearlyFull = true
    void operator.emit('operator.backlog', { pending, maxPending }, this.#idOf('backlog'))
  }

  #idOf(what: string): string {
    return `${what}:${Math.floor(this.#options.now() / SAME_MS)}`
  }
}
