import type { NewEvent, StoredEvent } from './event.ts'
import { isErased } from './erased.ts'
import { writeExtras } from './extras.ts'

/**
 * Messages are put together from parts that are serialised once, when the event is accepted.
 * Members are in the order of Evolution API's messages; `id`, `offset`, `erased` and extras follow.
 */

/** The JSON text of an event for Socket.IO clients and readers of the log. */
export function socketMessage(event: StoredEvent): string {
  return `{${names(event)},"data":${event.data},${event.envelope},"offset":${event.offset}${tail(event)}}`
}

/** `data` of an SQS message whose `dataType` is `s3`. */
export interface S3Reference {
  bucket: string
  key: string
  /** A presigned URL, by which the object can be read without credentials for a limited time. */
  fileUrl: string
  /** Size of the object, in bytes. */
  size: number
}

/**
 * The JSON text of an event for SQS consumers; characters that SQS refuses are not escaped yet.
 * @param s3 the object that holds the message, if that is too large for SQS
 */
export function sqsMessage(event: StoredEvent, server: string, s3?: S3Reference): string {
  const data = s3 ? `"dataType":"s3","data":${JSON.stringify(s3)}` : `"dataType":"json","data":${event.data}`
  return `{${names(event)},${data},${ending(event, server)}`
}

/** Returns the bytes of `sqsMessage` without building its text, since `data` may be large. */
export function sqsMessageBytes(event: StoredEvent, server: string): Buffer {
  const parts = [`{${names(event)},"dataType":"json","data":`, event.data, `,${ending(event, server)}`]
  const bytes = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0))
  let at = 0
  for (const part of parts) at += bytes.write(part, at)
  return bytes
}

/** Characters of the parts of an event that vary in size; pages and windows of events are limited by them. */
export function eventSize(event: NewEvent): number {
  return event.data.length + event.envelope.length + writeExtras(event).length
}

/** Bytes of these parts in UTF-8. */
export function eventBytes(event: Pick<NewEvent, 'data' | 'envelope' | 'extra' | 'traceparent'>): number {
  return [event.data, event.envelope, writeExtras(event)].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

function names({ event, instance }: StoredEvent): string {
  return `"event":${JSON.stringify(event)},"instance":${JSON.stringify(instance)}`
}

function ending(event: StoredEvent, server: string): string {
  return `"server":${JSON.stringify(server)},${event.envelope},"offset":${event.offset}${tail(event)}}`
}

function tail(event: StoredEvent): string {
  const extras = writeExtras(event)
  const erased = isErased(event) ? ',"erased":true' : ''
  return extras === '' ? erased : `${erased},${extras}`
}
