import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Forgotten } from '../event-log/transport.ts'
import { isErased } from '../events/erased.ts'
import { QUEUED, type StoredEvent } from '../events/event.ts'
import { eventSize, sqsMessageBytes } from '../events/messages.ts'
import type { DeliveryStore } from '../store/delivery-store.ts'
import type { LogStore } from '../store/log-store.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import { type BatchItem, messageBytes } from './batch.ts'
import { callFailure, type SendFailure } from './failures.ts'
import { type ContentOf, type LaneEvent, toReference } from './lane-event.ts'
import { Limiter } from './limiter.ts'
import type { Offload } from './offload.ts'

export interface LargeMessagesOptions {
  offload: Offload
  /** Reads the events whose `data` lanes do not hold, and those that may have been erased. */
  store: { readonly deliveries: Pick<DeliveryStore, 'readLane'>; readonly log: Pick<LogStore, 'read'> }
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
/** Objects that are deleted at once: with the uploads, fewer than the client's sockets. */
const REMOVALS = 16
/**
 * Bytes of a message that any queue accepts: no queue and no setting can have a lower limit, now or when an event was sent.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
const ALWAYS_ACCEPTED = 1_024

/** Puts messages into S3 that are too large for SQS. */
export class LargeMessages {
  readonly #options: LargeMessagesOptions
  readonly #quiet: QuietLog
  readonly #uploads = new Limiter(UPLOADS)
  readonly #removals = new Limiter(REMOVALS)

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

  /** Deletes the objects of events. */
  async forget(events: readonly StoredEvent[]): Promise<Forgotten> {
    const stored = events.filter((event) => this.#mayBeStored(event))
    const forgotten: Forgotten = { events: stored.length, objects: 0, failed: [] }
    await Promise.all(stored.map((event) => this.#removals.run(() => this.#remove(event, forgotten))))
    return forgotten
  }

  /** True if a message of an event may have gone to S3, whatever its queues accept now. Erased events have no size. */
  #mayBeStored(event: StoredEvent): boolean {
    if (!(event.flags & QUEUED)) return false
    return (
      isErased(event) ||
      eventSize(event) > ALWAYS_ACCEPTED ||
      messageBytes(event, this.#options.serverName) > ALWAYS_ACCEPTED
    )
  }

  async #remove(event: StoredEvent, forgotten: Forgotten): Promise<void> {
    const { offload, signal } = this.#options
    for (const key of offload.keysOf(event)) {
      try {
        if (await offload.remove(key, signal)) forgotten.objects++
      } catch (error) {
        const { code, message } = callFailure(error)
        forgotten.failed.push({ id: event.id, key, reason: `${code}: ${message}` })
        // The event is named: its other object is deleted when this is tried again.
        return
      }
    }
  }

  /** Puts a message into S3. Resolves with the reference; `undefined` if the event is no longer pending. */
  async #put(item: BatchItem): Promise<LaneEvent | undefined> {
    const { offload, signal } = this.#options
    // Building the bytes and the SDK's checksum each take milliseconds, so each has its own turn of the event loop.
    await setImmediate()
    const content = await this.#contentOf(item)
    if (!content) return undefined
    await setImmediate()
    const body = this.#bodyOf(content, item)
    await setImmediate()
    const { lane, event } = item
    const reference = await offload.put(content, body, signal)
    // It may have been erased during the upload. Its lane is then read anew, unless another process sends it now.
    if ((lane.rewinding || lane.state === 'dropped') && (await this.#isErased(event))) {
      await offload.remove(reference.key, signal)
      return undefined
    }
    return toReference(event, reference)
  }

  /** What is put into S3; `undefined` if the event is no longer pending. */
  async #contentOf({ lane, event, content }: BatchItem): Promise<LaneEvent | undefined> {
    const { offset, absentBytes } = event
    if (absentBytes === undefined) return content
    const { store, contentOf } = this.#options
    const [stored] = await store.deliveries.readLane(lane, { after: offset - 1, limit: 1, maxBytes: 1 })
    return stored?.offset === offset ? contentOf(stored, lane.queue) : undefined
  }

  #bodyOf(content: LaneEvent, { event, entry }: BatchItem): Buffer {
    // Every entry has a body.
    if (event.absentBytes === undefined) return Buffer.from(entry.MessageBody as string)
    return sqsMessageBytes(content, this.#options.serverName)
  }

  async #isErased({ offset }: LaneEvent): Promise<boolean> {
    const [stored] = await this.#options.store.log.read({ after: offset - 1, limit: 1 })
    return stored?.offset === offset && isErased(stored)
  }
}
