import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { DeliveryStore } from '../store/delivery-store.ts'
import type { KnownQueue, QueueStore } from '../store/queue-store.ts'
import type { ExistingQueues } from './existing-queues.ts'
import type { QueueKind } from './new-queues.ts'
import type { QueueDifferences } from './queue-differences.ts'
import { deadLetterQueueName } from './queue-names.ts'

/** What is known of queues of one service after a restart. */
export interface KeptQueues {
  store: QueueStore
  /** Resolves with the name of the service; `undefined` if it is not known. Never rejects. */
  service: () => Promise<string | undefined>
}

export interface KnownQueuesOptions {
  kept: KeptQueues
  existing: Pick<ExistingQueues, 'attributes'>
  differences: Pick<QueueDifferences, 'compared' | 'compare'>
  /** True if SQS has described a queue to this process, so that it was compared. */
  isDescribed: (name: string) => boolean
  kindOf: (name: string) => QueueKind
  /** True if new queues have dead-letter queues. */
  deadLetters: boolean
  deliveries: Pick<DeliveryStore, 'oldestPending'>
  log: FastifyBaseLogger
  pace?: Pace
}

export interface Pace {
  /** Milliseconds before the first call, and after a failed one. */
  pauseMs: number
  /** Milliseconds between two calls. */
  betweenMs: number
}

const PACE: Pace = { pauseMs: 30_000, betweenMs: 250 }
/** Queues of one read of the store. */
const PAGE = 500

/**
 * Compares the queues that earlier runs have learned with new ones, once after a start and a few in a second. Begins when the
 * events that were pending at the start are sent, so that no other call delays them.
 */
export class KnownQueues {
  readonly #options: KnownQueuesOptions
  readonly #pace: Pace
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()

  constructor(options: KnownQueuesOptions) {
    this.#options = options
    this.#pace = options.pace ?? PACE
  }

  /** Begins. Resolves when all are compared, or after `stop`. Never rejects. */
  compare(): Promise<void> {
    this.#running = this.#run().catch((error: unknown) => {
      this.#options.log.debug({ err: error }, 'Not all known queues were compared')
    })
    return this.#running
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { kept, deliveries } = this.#options
    const { pauseMs } = this.#pace
    const begun = Date.now()
    do await this.#sleep(pauseMs)
    while (((await deliveries.oldestPending())?.acceptedAt ?? begun) < begun)
    const service = await kept.service()
    if (service === undefined) return
    let after: string | undefined = ''
    while (after !== undefined) {
      const page: KnownQueue[] = await kept.store.list(service, { after, limit: PAGE })
      for (const queue of page) await this.#compareBoth(queue)
      after = page.at(-1)?.name
    }
  }

  async #compareBoth({ name, url }: KnownQueue): Promise<void> {
    const { isDescribed, kindOf, deadLetters } = this.#options
    if (!isDescribed(name)) await this.#compare({ name, url }, kindOf(name))
    if (deadLetters) await this.#compare(deadLetterQueue(url, name), 'deadLetter')
  }

  async #compare({ name, url }: Pick<KnownQueue, 'name' | 'url'>, kind: QueueKind): Promise<void> {
    const { existing, differences, log } = this.#options
    const names = differences.compared(kind)
    if (names.length === 0) return
    await this.#sleep(this.#pace.betweenMs)
    try {
      const attributes = await existing.attributes(url, names)
      if (attributes) differences.compare(name, kind, attributes)
    } catch (error) {
      log.debug({ queue: name, err: error }, 'A known queue could not be compared')
      await this.#sleep(this.#pace.pauseMs)
    }
  }

  #sleep(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stop.signal })
  }
}

/** The dead-letter queue of a queue, by whose side it is. */
export function deadLetterQueue(url: string, name: string): Pick<KnownQueue, 'name' | 'url'> {
  const deadLetters = deadLetterQueueName(name)
  return { name: deadLetters, url: `${url.slice(0, url.lastIndexOf('/') + 1)}${deadLetters}` }
}
