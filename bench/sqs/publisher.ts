import { setImmediate, setTimeout } from 'node:timers/promises'
import { clock } from '../harness/clock.ts'
import { imageMessage } from '../harness/sample-events.ts'

const { event, data, sender, serverUrl } = imageMessage()

export { event, sender, serverUrl }

/** Events published in one turn of the event loop. */
const TURN = 50
/** Events that are published and not sent yet, at most. */
const OUTSTANDING = 1_000
/** One wakes this often while it waits. */
const TICK_MS = 1

export interface PublisherOptions {
  instances: readonly string[]
  /** Must return at once. */
  publish: (instance: string, numbered: Record<string, unknown>) => void
  /** How many are published and not sent yet. */
  outstanding: () => number
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

  /** As fast as it is sent, for so long. @returns how many */
  async run(ms: number): Promise<number> {
    const before = this.#published
    const end = clock() + ms
    while (clock() < end) {
      if (this.#options.outstanding() < OUTSTANDING) {
        this.#turn(TURN, clock())
        await setImmediate()
      } else await setTimeout(TICK_MS)
    }
    return this.#published - before
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

  #turn(count: number, at: number): void {
    const { instances, publish } = this.#options
    for (let index = 0; index < count; index++) {
      const turn = this.#published++ % instances.length
      const n = (this.#numbers[turn] ?? 0) + 1
      this.#numbers[turn] = n
      publish(instances[turn] as string, { n, at, ...data })
    }
  }
}
