import t from 'tap'
import type { NewEvent } from '../../lib/events/event.ts'
import { MAX_BATCH_BYTES, toItem, type BatchItem } from '../../lib/sqs/batch.ts'
import { Lane } from '../../lib/sqs/lane.ts'
import { newEvent } from '../support/new-event.ts'

const lane = new Lane(
  { queue: 'a', instanceKey: 1, epoch: undefined },
  { used: 0, max: 1 },
  { after: 0, behind: false }
)
const item = (event: Partial<NewEvent>) =>
  toItem({ ...newEvent(event), offset: 1, instanceKey: 1, acceptedAt: 0 }, lane, {
    type: 'fifo',
    serverName: 's',
    contentOf: (event) => event
  })
/** Bytes of the body, and of name, type and value of each attribute. */
const bytesOf = ({ MessageBody, MessageAttributes = {} }: BatchItem['entry']) =>
  Buffer.byteLength(
    [
      MessageBody,
      ...Object.entries(MessageAttributes).map(
        ([name, { DataType, StringValue }]) => `${name}${DataType}${StringValue}`
      )
    ].join('')
  )

t.test('the bytes of an entry are those that SQS counts', async (t) => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const { bytes, entry } = item({ instance: 'loja são', traceparent })
  t.same(Object.keys(entry.MessageAttributes ?? {}).sort(), ['event', 'id', 'instance', 'traceparent'])
  t.equal(bytes, bytesOf(entry))
})

t.test('a message that no queue accepts is counted without being escaped', async (t) => {
  const data = (emoji: number) => JSON.stringify('😀'.repeat(emoji))
  const small = item({ data: data(10) })
  t.notMatch(small.entry.MessageBody, '😀')
  t.equal(small.bytes, bytesOf(small.entry))
  const large = item({ data: data(MAX_BATCH_BYTES / 2) })
  t.ok(large.entry.MessageBody?.includes('😀'))
  t.equal(large.bytes, bytesOf(large.entry))
})
