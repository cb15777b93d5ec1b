import t from 'tap'
import { toItem } from '../../lib/sqs/batch.ts'
import { Lane } from '../../lib/sqs/lane.ts'
import { newEvent } from '../support/new-event.ts'

t.test(
  'the bytes of an entry are those that SQS counts: body, and name, type and value of each attribute',
  async (t) => {
    const lane = new Lane(
      { queue: 'a', instanceKey: 1, epoch: undefined },
      { used: 0, max: 1 },
      { after: 0, behind: false }
    )
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const event = { ...newEvent({ instance: 'loja são', traceparent }), offset: 1, instanceKey: 1, acceptedAt: 0 }
    const { bytes, entry } = toItem(event, lane, { type: 'fifo', serverName: 's' })
    const attributes = Object.entries(entry.MessageAttributes ?? {})
    t.same(attributes.map(([name]) => name).sort(), ['event', 'id', 'instance', 'traceparent'])
    const texts = attributes.map(([name, { DataType, StringValue }]) => `${name}${DataType}${StringValue}`)
    t.equal(bytes, Buffer.byteLength([entry.MessageBody, ...texts].join('')))
  }
)
