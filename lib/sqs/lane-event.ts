import type { StoredEvent } from '../events/event.ts'
import { writeExtras } from '../events/extras.ts'
import { eventSize, type S3Reference } from '../events/messages.ts'
import { MAX_BATCH_BYTES } from './batch.ts'

/** An event to send. */
export interface LaneEvent extends StoredEvent {
  /** The object that has its message, if that is too large for SQS: `data` is empty then. */
  readonly s3?: S3Reference
  /**
   * Bytes of its message that are in the store only: `data`, and `extra` if that is long. Both are empty then. Set for messages
   * that are too large for any queue.
   */
  readonly absentBytes?: number | undefined
}

/** Returns an event without what its queue does not receive. */
export type ContentOf = (event: LaneEvent, queue: string) => LaneEvent

/** Characters of the trace and extra members that travel beside a reference. */
const EXTRAS_BESIDE_REFERENCE = 512

/**
 * Returns an event as a lane holds it: what no queue accepts is left in the store until it is put into S3.
 * @param contentOf called with an event that is large, and may become small by what its queue does not receive
 */
export function toLaneEvent(event: StoredEvent, contentOf: (event: StoredEvent) => LaneEvent): LaneEvent {
  if (eventSize(event) <= MAX_BATCH_BYTES) return event
  const content = contentOf(event)
  if (eventSize(content) <= MAX_BATCH_BYTES) return content
  const extra = extraBesideReference(content)
  // With its comma.
  const extraBytes = extra === content.extra ? 0 : Buffer.byteLength(content.extra) + 1
  return { ...content, data: '', extra, absentBytes: Buffer.byteLength(content.data) + extraBytes }
}

/** Returns an event whose message is in S3: long members beside `data` need not travel twice. */
export function toReference(event: LaneEvent, s3: S3Reference): LaneEvent {
  return { ...event, data: '', extra: extraBesideReference(event), s3, absentBytes: undefined }
}

function extraBesideReference(event: StoredEvent): string {
  return writeExtras(event).length > EXTRAS_BESIDE_REFERENCE ? '' : event.extra
}
