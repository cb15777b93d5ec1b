import { randomUUID } from 'node:crypto'
import { sampleEvent } from '../harness/sample-events.ts'
import { Sequence } from './fan-out-server.ts'

const { event, data, sender, serverUrl } = sampleEvent('0.8 kB')
const sequence = new Sequence()
let offset = 0

/** The event's name and a message of the same members and as many bytes as ours. */
export function bareMessage(instance: string): [string, Record<string, unknown>] {
  return [
    event,
    {
      event,
      instance,
      data: { n: sequence.next(instance), ...data },
      server_url: serverUrl,
      date_time: new Date().toISOString(),
      sender,
      id: randomUUID(),
      offset: ++offset
    }
  ]
}
