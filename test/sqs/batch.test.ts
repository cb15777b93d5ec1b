import t from 'tap'
import type { NewEvent } from '../../lib/events/event.ts'
import { type ItemOptions, MAX_BATCH_BYTES, toItem, type BatchItem } from '../../lib/sqs/batch.ts'
import { Lane } from '../../lib/sqs/lane.ts'
import { toLaneEvent } from '../../lib/sqs/lane-event.ts'
import { newEvent } from '../support/new-event.ts'

const lane = new Lane(
  { queue: 'a', instanceKey: 1, epoch: undefined, contentOf: (event) => event },
  { used: 0, max: 1 },
  { after: 0, behind: false }
)
const stored = (event: Partial<NewEvent>) => ({ ...newEvent(event), offset: 1, instanceKey: 1, acceptedAt: 0 })
const options: ItemOptions = {
  type: 'fifo',
  fairQueues: true,
  serverName: 's',
  contentOf: (event) => event,
  maxBytes: MAX_BATCH_BYTES
}
const item = (event: Partial<NewEvent>, more: Partial<ItemOptions> = {}) =>
  toItem(stored(event), lane, { ...options, ...more })
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

t.test('a message that is too large only by escapes is sent with those that AWS needs', async (t) => {
  const data = JSON.stringify('😀'.repeat(1_000) + '\uFFFF')
  const { bytes } = item({ data })
  const { bytes: fewer, entry } = item({ data }, { maxBytes: bytes - 1 })
  t.equal(fewer, bytes - 8_000)
  t.equal(fewer, bytesOf(entry))
  t.match(entry.MessageBody, /😀\\uffff"/)
  t.equal(item({ data }, { maxBytes: bytes }).bytes, bytes)
  t.equal(item({ data }, { maxBytes: fewer - 1 }).bytes, fewer, 'it is too large without them as well')
})

t.test('a message that no queue accepts is counted without what is in the store only', async (t) => {
  const data = JSON.stringify('é'.repeat(MAX_BATCH_BYTES))
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const events: Partial<NewEvent>[] = [
    { data },
    { data, extra: '"short":"é"' },
    { data, extra: `"long":"${'é'.repeat(600)}"` },
    { data, extra: `"long":"${'é'.repeat(600)}"`, traceparent },
    { extra: `"longer":${data}` }
  ]
  const without = events.map((event) => toLaneEvent(stored(event), (whole) => whole))
  t.same(
    without.map((event) => toItem(event, lane, options).bytes),
    events.map((event) => item(event).bytes)
  )
  t.same(
    without.map((event) => event.data + event.extra),
    ['', '"short":"é"', '', '', '']
  )
})
