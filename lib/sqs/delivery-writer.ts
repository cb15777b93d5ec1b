import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Metrics } from '../telemetry/metrics.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import type { DeliveryFailure, DeliveryRef, DeliveryStore } from '../store/delivery-store.ts'
import { deadLetterChannel, referenceOf, type DeadLetterNotice } from '../telemetry/channels.ts'
import type { BatchItem } from './batch.ts'

export interface DeliveryWriterOptions {
  deliveries: DeliveryStore
  metrics: Metrics
  log: FastifyBaseLogger
  /** Ends retries. */
  signal: AbortSignal
  /** Called with each event that becomes a dead letter. Must not throw. */
  buried: (notice: DeadLetterNotice) => void
}

const STORE_RETRY_MS = 1_000

/**
 * Writes the results of deliveries to the store, with its next commit. Sending does not wait for it: only a crash in between
 * sends events again. While the store refuses (a full disk), each write is retried every second.
 */
export class DeliveryWriter {
  readonly #options: DeliveryWriterOptions
  readonly #quiet: QuietLog
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: DeliveryWriterOptions) {
    this.#options = options
    this.#quiet = new QuietLog(options.log)
  }

  /** SQS has accepted these events. */
  acknowledge(items: readonly BatchItem[]): void {
    const { deliveries, metrics } = this.#options
    metrics.delivered.inc(items.length)
    if (items.length > 0)
      this.#write('Acknowledgements could not be stored', () => deliveries.acknowledge(items.map(refOf)))
  }

  /** Gives an event up: it becomes a dead letter. */
  bury(item: BatchItem, failure: DeliveryFailure): void {
    const { deliveries, log, metrics, buried } = this.#options
    const delivery = refOf(item)
    metrics.dead.inc({ reason: metrics.code(failure.reason) })
    log.error({ ...delivery, ...failure }, 'An event was given up on and became a dead letter')
    const notice: DeadLetterNotice = { queue: delivery.queue, ...referenceOf(item.event), ...failure }
    deadLetterChannel.publish(notice)
    buried(notice)
    this.#write('A dead letter could not be stored', () => deliveries.bury(delivery, failure))
  }

  /** Resolves when all writes so far have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  #write(failure: string, work: () => Promise<void>): void {
    const write = this.#writeUntilDone(failure, work).finally(() => this.#underWay.delete(write))
    this.#underWay.add(write)
  }

  async #writeUntilDone(failure: string, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#options
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (signal.aborted) return
        this.#quiet.warn(failure, { err: error }, `${failure}, trying again`)
        await sleep(STORE_RETRY_MS, undefined, { signal }).catch(() => {})
      }
    }
  }
}

function refOf({ lane, event }: BatchItem): DeliveryRef {
  return { queue: lane.queue, instanceKey: lane.instanceKey, offset: event.offset, epoch: lane.epoch }
}
