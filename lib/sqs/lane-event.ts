import type { StoredEvent } from '../events/event.ts'
import { writeExtras } from '../events/extras.ts'
import { eventSize, type S3Reference } from '../events/messages.ts'
import { MAX_BATCH_BYTES } from './batch.ts'

/** An event in a lane. */
export interface LaneEvent extends StoredEvent {
  /** The S3 object with its message, if the message was too large for SQS; `data` is then empty. */
  readonly s3?: S3Reference
  /**
   * Bytes of its message that only the store has: `data`, and `extra` if it is long, which are empty here. Set for
   * messages that are too large for any queue.
   */
  readonly absentBytes?: number | undefined
  /** True if members were left out that its queue does not receive. Other queues receive them. */
  readonly reduced?: boolean
}

/** Returns an event without the members that its queue does not receive. */
export type ContentOf = (event: LaneEvent, queue: string) => LaneEvent

/** Maximum characters of the trace and extra members in a message with a reference. */
const EXTRAS_BESIDE_REFERENCE = 512

/**
 * Returns an event as a lane holds it: without `data` if the message is too large for any queue, until it is put into S3.
 * @param contentOf called with a large event; removes the members that its queue does not receive
 */
export function toLaneEvent(event: StoredEvent, contentOf: (event: StoredEvent) => LaneEvent): LaneEvent {
  if (eventSize(event) <= MAX_BATCH_BYTES) return event
  const content = contentOf(event)
  if (eventSize(content) <= MAX_BATCH_BYTES) return content
  const extra = extraBesideReference(content)
  // Includes a comma.
  const extraBytes = extra === content.extra ? 0 : Buffer.byteLength(content.extra) + 1
  return { ...content, data: '', extra, absentBytes: Buffer.byteLength(content.data) + extraBytes }
}

/** Returns an event whose message is in S3, without `data` and long other members. */
export function toReference(event: LaneEvent, s3: S3Reference): LaneEvent {
  return { ...event, data: '', extra: extraBesideReference(event), s3, absentBytes: undefined }
}

function extraBesideReference(event: StoredEvent): string {
  return writeExtras(event).length > EXTRAS_BESIDE_REFERENCE ? '' : event.extra
}
