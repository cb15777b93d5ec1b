import { setImmediate, setTimeout } from 'node:timers/promises'
import type { InstanceEventInput } from '../../lib/schemas/event-input.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import { clock } from '../harness/clock.ts'
import { sampleEvent } from '../harness/sample-events.ts'

const { event, data, sender, serverUrl } = sampleEvent('0.8 kB')

export { event, sender, serverUrl }

/** The publisher waits until there is room for so many events at once, as if they came over many connections. */
const TURN = 50
/** Step between the instances that publish in turn. It is prime, so that each has its turn. */
const STRIDE = 7_919
/** Milliseconds between two looks at whether there is room. */
const TICK_MS = 1

export interface AcceptingOptions {
  instances: readonly string[]
  store: EventStore
  accept: (input: InstanceEventInput) => Promise<unknown>
}

export interface PublisherOptions {
  instances: readonly string[]
  /** Must return at once. */
  publish: (instance: string, numbered: Record<string, unknown>) => void
  /** How many are published and not sent yet. */
  outstanding: () => number
  /** How many may be: enough that there is always something to send. @default 1_000 */
  limit?: number
}

/** Publishes to ours; what is not sent yet is what it has not accepted and what is pending. */
export function publisherTo({ instances, store, accept }: AcceptingOptions): Publisher {
  let accepting = 0
  return new Publisher({
    instances,
    publish(instance, data) {
      accepting++
      // Unhandled, its failure ends the process, and the benchmark.
      void accept({ instance, event, data, sender, serverUrl }).then(() => accepting--)
    },
    outstanding: () => accepting + store.deliveries.pendingCount()
  })
}

/** Publishes events of all instances in turn, each with its number (from 1, of its instance) and the time. */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #numbers: number[]
  #published = 0

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#numbers = options.instances.map(() => 0)
  }

  /** Publishes for `ms` milliseconds, as fast as events are sent. @returns the number of events */
  async run(ms: number): Promise<number> {
    const before = this.#published
    const end = clock() + ms
    while (clock() < end) await this.#fill(Infinity)
    return this.#published - before
  }

  /** Publishes `count` events, as fast as they are sent. */
  async publish(count: number): Promise<void> {
    const end = this.#published + count
    while (this.#published < end) await this.#fill(end - this.#published)
  }

  /** At a steady rate, for so long; what comes late is counted from when it was due. @returns how many */
  async pace(perSecond: number, ms: number): Promise<number> {
    const begun = clock()
    const count = Math.round((perSecond * ms) / 1_000)
    for (let done = 0; done < count;) {
      const due = Math.min(count, Math.floor(((clock() - begun) * perSecond) / 1_000))
      for (; done < due; done++) this.#turn(1, begun + (done * 1_000) / perSecond)
      await setTimeout(TICK_MS)
    }
    return count
  }

  async settled(): Promise<void> {
    while (this.#options.outstanding() > 0) await setTimeout(TICK_MS)
  }

  /** Publishes what there is room for, or waits a little. */
  async #fill(wanted: number): Promise<void> {
    const { limit = 1_000, outstanding } = this.#options
    const room = limit - outstanding()
    if (room >= TURN) {
      this.#turn(Math.min(room, wanted), clock())
      await setImmediate()
    } else await setTimeout(TICK_MS)
  }

  #turn(count: number, at: number): void {
    const { instances, publish } = this.#options
    for (let index = 0; index < count; index++) {
      const turn = (this.#published++ * STRIDE) % instances.length
      const n = (this.#numbers[turn] ?? 0) + 1
      this.#numbers[turn] = n
      publish(instances[turn] as string, { n, at, ...data })
    }
  }
}
