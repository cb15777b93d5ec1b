import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Forgotten } from '../event-log/transport.ts'
import { isErased } from '../events/erased.ts'
import type { StoredEvent } from '../events/event.ts'
import { eventBytes, sqsMessageBytes } from '../events/messages.ts'
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
  /** Bytes from which on a message of an event may have gone to S3. */
  limitOf: (event: StoredEvent) => number
  metrics: Metrics
  log: FastifyBaseLogger
  /** Ends uploads under way. */
  signal: AbortSignal
}

/** Concurrent uploads: fewer than the client's sockets, so that no upload waits for one. */
const UPLOADS = 16
/** Bytes that count as one upload. `UPLOADS` times as many are in memory at once, or one larger message. */
const UPLOAD_BYTES = 1_048_576
/** What a message has besides the texts of its event, at most: names, and attributes. */
const OTHER_BYTES = 2_048

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

  /** Deletes the objects of events; of an event that was erased before, only its id tells whether it has one. */
  async forget(events: readonly StoredEvent[]): Promise<Forgotten> {
    const { limitOf } = this.#options
    const forgotten: Forgotten = { objects: 0, failed: [] }
    const large = events.filter((event) => isErased(event) || messageSize(event) > limitOf(event))
    await Promise.all(large.map((event) => this.#uploads.run(() => this.#remove(event, forgotten))))
    return forgotten
  }

  async #remove(event: StoredEvent, forgotten: Forgotten): Promise<void> {
    const { offload, signal } = this.#options
    try {
      await offload.remove(event, signal)
      forgotten.objects++
    } catch (error) {
      const { code, message } = callFailure(error)
      forgotten.failed.push({ id: event.id, key: offload.keyOf(event), reason: `${code}: ${message}` })
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
    const reference = await offload.put(item.event, body, signal)
    // Its lane is read anew: it may have been erased during the upload.
    if (item.lane.rewinding && (await this.#isErased(item))) {
      await offload.remove(item.event, signal)
      return undefined
    }
    return toReference(item.event, reference)
  }

  async #bodyOf({ lane, event, entry }: BatchItem): Promise<Buffer | undefined> {
    // Every entry has a body.
    if (event.absentBytes === undefined) return Buffer.from(entry.MessageBody as string)
    const { serverName, contentOf } = this.#options
    const stored = await this.#stored({ lane, event })
    if (!stored) return undefined
    await setImmediate()
    return sqsMessageBytes(contentOf(stored, lane.queue), serverName)
  }

  async #isErased(item: BatchItem): Promise<boolean> {
    const stored = await this.#stored(item)
    return stored !== undefined && isErased(stored)
  }

  /** The event as the store has it; `undefined` if it is no longer pending. */
  async #stored({ lane, event: { offset } }: Pick<BatchItem, 'lane' | 'event'>): Promise<StoredEvent | undefined> {
    const [stored] = await this.#options.deliveries.readLane(lane, { after: offset - 1, limit: 1, maxBytes: 1 })
    return stored?.offset === offset ? stored : undefined
  }
}

/** Bytes that the message of an event may have. */
function messageSize(event: StoredEvent): number {
  return eventBytes(event) + OTHER_BYTES
}
