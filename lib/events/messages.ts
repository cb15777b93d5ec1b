import { escapeForSqs } from '../json/escape-for-sqs.ts'
import { IN_S3, type NewEvent, type StoredEvent } from './event.ts'
import { writeExtras } from './extras.ts'

/**
 * The message of an event, put together from the parts that were serialised once when it was accepted.
 * The order of members is that of Evolution API's messages; `id`, `offset` and extras follow.
 */

/** What Socket.IO clients and readers of the log get. */
export function socketMessage(event: StoredEvent): string {
  return `{${names(event)},"data":${event.data},${event.envelope},"offset":${event.offset}${tail(event)}}`
}

/** What SQS consumers get as the message body. */
export function sqsMessage(event: StoredEvent, server: string): string {
  return escapeForSqs(
    `{${names(event)},"dataType":"${event.flags & IN_S3 ? 's3' : 'json'}","data":${event.data},"server":${JSON.stringify(server)},` +
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
