import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { sqsMessageBytes } from '../events/messages.ts'
import type { DeliveryStore } from '../store/delivery-store.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import type { BatchItem } from './batch.ts'
import { callFailure, type SendFailure } from './failures.ts'
import { type ContentOf, type LaneEvent, toReference } from './lane-event.ts'
import { Limiter } from './limiter.ts'
import type { Offload } from './offload.ts'

export interface LargeMessagesOptions {
  offload: Offload
  /** Reads the events whose `data` lanes do not hold. */
  deliveries: Pick<DeliveryStore, 'readLane'>
  /** `server` of the messages. */
  serverName: string
  contentOf: ContentOf
  metrics: Metrics
  log: FastifyBaseLogger
  /** Ends uploads under way. */
  signal: AbortSignal
}

/** Concurrent uploads: fewer than the client's sockets, so that no upload waits for one. */
const UPLOADS = 16
/** Bytes that count as one upload. `UPLOADS` times as many are in memory at once, or one larger message. */
const UPLOAD_BYTES = 1_048_576

/** Puts messages into S3 that are too large for SQS. */
export class LargeMessages {
  readonly #options: LargeMessagesOptions
  readonly #quiet: QuietLog
  readonly #uploads = new Limiter(UPLOADS)

  constructor(options: LargeMessagesOptions) {
    this.#options = options
    this.#quiet = new QuietLog(options.log)
  }

  /** Uploads the message of a lane's first event; what is sent then is its reference. Returns the failure, if it failed. */
  async upload(item: BatchItem): Promise<SendFailure | undefined> {
    const { metrics, signal } = this.#options
    const places = Math.ceil(item.bytes / UPLOAD_BYTES)
    try {
      await item.lane.offload(() => this.#uploads.run(() => this.#put(item), places))
      return undefined
    } catch (error) {
      const failure = callFailure(error)
      metrics.failures.inc({ kind: failure.kind, code: metrics.code(failure.code) })
      if (!signal.aborted) this.#quiet.warn(`s3 ${failure.code}`, failure, 'A large message could not be put into S3')
      return failure
    }
  }

  /** Puts a message into S3. Resolves with the reference; `undefined` if the event is no longer pending. */
  async #put(item: BatchItem): Promise<LaneEvent | undefined> {
    const { offload, signal } = this.#options
    // Building the bytes and the SDK's checksum each take milliseconds, so each has its own turn of the event loop.
    await setImmediate()
    const body = await this.#bodyOf(item)
    if (!body) return undefined
    await setImmediate()
    return toReference(item.event, await offload.put(item.event, body, signal))
  }

  async #bodyOf({ lane, event, entry }: BatchItem): Promise<Buffer | undefined> {
    // Every entry has a body.
    if (event.absentBytes === undefined) return Buffer.from(entry.MessageBody as string)
    const { deliveries, serverName, contentOf } = this.#options
    const [stored] = await deliveries.readLane(lane, { after: event.offset - 1, limit: 1, maxBytes: 1 })
    if (stored?.offset !== event.offset) return undefined
    await setImmediate()
    return sqsMessageBytes(contentOf(stored, lane.queue), serverName)
  }
}
