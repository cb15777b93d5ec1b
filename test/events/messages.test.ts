import t from 'tap'
import { escapeForAws, escapeForSqs } from '../../lib/json/escape-for-sqs.ts'
import { eventSize, socketMessage, sqsMessage } from '../../lib/events/messages.ts'
import type { StoredEvent } from '../../lib/events/event.ts'
import { newEvent } from '../support/new-event.ts'

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

function stored(members: Partial<StoredEvent> = {}): StoredEvent {
  const envelope =
    '"server_url":"https://hub.example","date_time":"2026-01-31T12:00:00.000Z","sender":null,"id":"order-1"'
  return { ...newEvent({ envelope, data: '{"n":1}' }), offset: 7, instanceKey: 3, acceptedAt: 0, ...members }
}

t.test('an SQS message has its members in the documented order', async (t) => {
  t.equal(
    sqsMessage(stored(), 'my "server"'),
    '{"event":"messages.upsert","instance":"sales","dataType":"json","data":{"n":1},"server":"my \\"server\\"",' +
      '"server_url":"https://hub.example","date_time":"2026-01-31T12:00:00.000Z","sender":null,"id":"order-1","offset":7}'
  )
})

t.test('a socket message has its members in the documented order', async (t) => {
  t.equal(
    socketMessage(stored()),
    '{"event":"messages.upsert","instance":"sales","data":{"n":1},' +
      '"server_url":"https://hub.example","date_time":"2026-01-31T12:00:00.000Z","sender":null,"id":"order-1","offset":7}'
  )
})

t.test('the trace of an event comes after its offset, then its extras', async (t) => {
  const event = stored({ traceparent: TRACE, extra: '"isLatest":true,"progress":7' })
  const end = `"offset":7,"traceparent":"${TRACE}","isLatest":true,"progress":7}`
  t.strictSame(
    [socketMessage(event), sqsMessage(event, 's')].map((message) => message.slice(-end.length)),
    [end, end]
  )
})

t.test('names of events and instances are written as JSON', async (t) => {
  const event = stored({ instance: 'a "b"\\ são/1' })
  t.equal((JSON.parse(socketMessage(event)) as { instance: string }).instance, event.instance)
  t.equal((JSON.parse(sqsMessage(event, 's')) as { instance: string }).instance, event.instance)
})

t.test('an SQS message escapes the characters that SQS refuses', async (t) => {
  const text = `\uFFFE \uFFFF 💬 \u{10FFFF} ç \u0000`
  const event = stored({ data: JSON.stringify({ text }), instance: '💬' })
  const message = escapeForSqs(sqsMessage(event, 'servidor \uFFFF'))
  // #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF, the last as pairs.
  t.match(message, /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD]*$/)
  t.ok(message.includes('\\ufffe \\uffff \\ud83d\\udcac'))
  t.match(JSON.parse(message), { instance: '💬', server: 'servidor \uFFFF', data: { text } })
  t.match(socketMessage(event), /💬/, 'sockets take any')
})

t.test('each character that SQS refuses is escaped, also in a row', async (t) => {
  t.equal(escapeForSqs('"💬💬\uFFFE"'), '"\\ud83d\\udcac\\ud83d\\udcac\\ufffe"')
})

t.test('a text without characters that SQS refuses is left unchanged', async (t) => {
  const json = '{"text":"olá\\n","more":"\uFFFD\uE000"}'
  t.equal(escapeForSqs(json), json)
  t.equal(escapeForAws(json), json)
})

t.test('AWS needs no escapes of surrogate pairs', async (t) => {
  t.equal(escapeForAws('"💬\uFFFE\uFFFF\uD83D💬\uDCAC"'), '"💬\\ufffe\\uffff\\ud83d💬\\udcac"')
})

t.test('the size of an event is that of its variable parts', async (t) => {
  const event = stored({ data: '12', envelope: '345', extra: '6' })
  t.equal(eventSize(event), 6)
  t.equal(eventSize({ ...event, traceparent: TRACE }), 6 + `"traceparent":"${TRACE}",`.length)
})
