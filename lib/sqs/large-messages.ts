import type { FastifyBaseLogger } from 'fastify'
import { writeExtras } from '../events/extras.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import type { BatchItem } from './batch.ts'
import { callFailure, type SendFailure } from './failures.ts'
import type { Offload } from './offload.ts'

export interface LargeMessagesOptions {
  offload: Offload
  metrics: Metrics
  log: FastifyBaseLogger
  /** Ends uploads under way. */
  signal: AbortSignal
}

/** Characters of the trace and extra members that travel beside a reference. */
const EXTRAS_BESIDE_REFERENCE = 512

/** Puts messages into S3 that are too large for SQS. */
export class LargeMessages {
  readonly #offload: Offload
  readonly #metrics: Metrics
  readonly #quiet: QuietLog
  readonly #signal: AbortSignal

  constructor({ offload, metrics, log, signal }: LargeMessagesOptions) {
    this.#offload = offload
    this.#metrics = metrics
    this.#quiet = new QuietLog(log)
    this.#signal = signal
  }

  /** Uploads the message of a lane's first event; what is sent then is its reference. Returns the failure, if it failed. */
  async upload({ lane, event, entry }: BatchItem): Promise<SendFailure | undefined> {
    try {
      await lane.offload(async () => {
        // Every entry has a body.
        const s3 = await this.#offload.put(event, entry.MessageBody as string, this.#signal)
        // The object has the whole message: long members beside `data` need not travel twice.
        const extra = writeExtras(event).length > EXTRAS_BESIDE_REFERENCE ? '' : event.extra
        return { ...event, data: '', extra, s3 }
      })
      return undefined
    } catch (error) {
      const failure = callFailure(error)
      this.#metrics.failures.inc({ kind: failure.kind, code: this.#metrics.code(failure.code) })
      if (!this.#signal.aborted)
        this.#quiet.warn(`s3 ${failure.code}`, failure, 'A large message could not be put into S3')
      return failure
    }
  }
}
