import { escapeForSqs } from '../json/escape-for-sqs.ts'
import type { NewEvent, StoredEvent } from './event.ts'
import { writeExtras } from './extras.ts'

/**
 * The message of an event, put together from the parts that were serialised once when it was accepted.
 * The order of members is that of Evolution API's messages; `id`, `offset` and extras follow.
 */

/** What Socket.IO clients and readers of the log get. */
export function socketMessage(event: StoredEvent): string {
  return `{${names(event)},"data":${event.data},${event.envelope},"offset":${event.offset}${tail(event)}}`
}

/** `data` of an SQS message whose `dataType` is `s3`. */
export interface S3Reference {
  bucket: string
  key: string
  /** A presigned URL: opens the object without credentials, for a time. */
  fileUrl: string
  /** Bytes of the object. */
  size: number
}

/** What SQS consumers get as the message body. @param s3 the object that has the message, if that is too large */
export function sqsMessage(event: StoredEvent, server: string, s3?: S3Reference): string {
  const data = s3 ? `"dataType":"s3","data":${JSON.stringify(s3)}` : `"dataType":"json","data":${event.data}`
  return escapeForSqs(
    `{${names(event)},${data},"server":${JSON.stringify(server)},` +
      `${event.envelope},"offset":${event.offset}${tail(event)}}`
  )
}

/** How many characters the variable parts take: what pages and windows of events are bounded by. */
export function eventSize(event: NewEvent): number {
  return event.data.length + event.envelope.length + writeExtras(event).length
}

function names({ event, instance }: StoredEvent): string {
  return `"event":${JSON.stringify(event)},"instance":${JSON.stringify(instance)}`
}

function tail(event: StoredEvent): string {
  const extras = writeExtras(event)
  return extras === '' ? '' : `,${extras}`
}
