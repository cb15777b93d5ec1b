import { randomUUID } from 'node:crypto'
import { event, sender, serverUrl } from './publisher.ts'

let offset = 0

/** A message of the same members, attributes and ids as ours, as a user of the SDK would write it. */
export function bareMessage(instance: string, data: Record<string, unknown>) {
  const id = randomUUID()
  const body = {
    event,
    instance,
    dataType: 'json',
    data,
    server: 'instance-events',
    server_url: serverUrl,
    date_time: new Date().toISOString(),
    sender,
    id,
    offset: ++offset
  }
  return {
    MessageBody: JSON.stringify(body),
    MessageAttributes: {
      event: { DataType: 'String', StringValue: event },
      instance: { DataType: 'String', StringValue: instance },
      id: { DataType: 'String', StringValue: id }
    },
    MessageGroupId: instance,
    MessageDeduplicationId: id
  }
}
