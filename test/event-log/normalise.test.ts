import t from 'tap'
import { normaliseEvents, type NormalEvent, type NormaliseOptions } from '../../lib/event-log/normalise.ts'
import { EventCatalogue } from '../../lib/events/catalogue.ts'
import { RESERVED_MEMBERS, type InstanceEventInput } from '../../lib/schemas/event-input.ts'
import type { InstanceEventsError } from '../../lib/error-class.ts'

const INPUT = { instance: 'sales', event: 'messages.upsert', data: { text: 'olá' } }

/** Of any shape: callers without types exist. */
function normalise(members: Record<string, unknown> = {}, options: Partial<NormaliseOptions> = {}) {
  const catalogue = new EventCatalogue()
  const given = { catalogueOf: () => catalogue, serverUrl: 'https://hub.example', exposeApiKey: false, ...options }
  return one({ ...INPUT, ...members } as InstanceEventInput, given)
}

function one(input: InstanceEventInput, options: NormaliseOptions): NormalEvent {
  return normaliseEvents([input], options)[0] as NormalEvent
}

function envelope(...args: Parameters<typeof normalise>): Record<string, unknown> {
  return JSON.parse(`{${normalise(...args).envelope}}`) as Record<string, unknown>
}

function faults(members: Record<string, unknown>): string[] {
  try {
    normalise(members)
  } catch (error) {
    const { messages, message, code } = error as InstanceEventsError
    return [code, ...(messages ?? [message])]
  }
  return []
}

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

t.test('an event with no optional member gets an id, a time and the server URL', async (t) => {
  const before = Date.now()
  const normal = normalise()
  t.match(normal, { instance: 'sales', callerId: false, data: '{"text":"olá"}', extra: '', transports: undefined })
  t.match(normal.event, { name: 'messages.upsert', key: 'MESSAGES_UPSERT' })
  t.match(normal.id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/, 'a UUIDv7')
  const millis = Number.parseInt(normal.id.replace('-', '').slice(0, 12), 16)
  t.ok(millis >= before && millis <= Date.now(), 'of now')
  t.not(normalise().id, normal.id)
  const { date_time: time, ...rest } = JSON.parse(`{${normal.envelope}}`) as Record<string, unknown>
  t.strictSame(rest, { server_url: 'https://hub.example', sender: null, id: normal.id })
  t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.ok(Date.parse(time as string) >= before && Date.parse(time as string) <= Date.now())
})

t.test('every member of an event has its place in the record', async (t) => {
  const members = {
    id: 'order 1/ção',
    sender: '5511999@s.whatsapp.net',
    serverUrl: 'https://other.example',
    dateTime: '2026-01-31T12:00:00.000Z',
    apikey: 'secret',
    transports: ['sqs'],
    extra: { isLatest: true, progress: 7 }
  }
  const normal = normalise(members)
  t.match(normal, { id: 'order 1/ção', callerId: true, extra: '"isLatest":true,"progress":7', transports: ['sqs'] })
  t.equal(
    normal.envelope,
    '"server_url":"https://other.example","date_time":"2026-01-31T12:00:00.000Z",' +
      '"sender":"5511999@s.whatsapp.net","id":"order 1/ção"',
    'in this order'
  )
  t.strictSame(Object.keys(envelope(members, { exposeApiKey: true })), [
    'server_url',
    'date_time',
    'sender',
    'apikey',
    'id'
  ])
  t.equal(envelope({ event: 'MESSAGES_UPSERT', sender: null }).sender, null)
  t.equal(normalise({ event: 'MESSAGES_UPSERT' }).event.name, 'messages.upsert', 'a key is mapped')
})

t.test('an API key is kept only with exposeApiKey', async (t) => {
  t.notMatch(JSON.stringify(normalise({ apikey: 'secret' })), /secret/)
  t.equal(envelope({ apikey: 'secret' }, { exposeApiKey: true }).apikey, 'secret')
  t.notOk('apikey' in envelope({}, { exposeApiKey: true }))
})

t.test('times are converted to UTC', async (t) => {
  const times = {
    '2026-01-31T12:00:00-03:00': '2026-01-31T15:00:00.000Z',
    '2026-01-31T12:00:00-0300': '2026-01-31T15:00:00.000Z',
    '2026-01-31T12:00:00-03': '2026-01-31T15:00:00.000Z',
    '2026-01-31T23:30+05:30': '2026-01-31T18:00:00.000Z',
    '2026-01-31T12:00:00.123456Z': '2026-01-31T12:00:00.123Z',
    '2026-01-31T12:00:00,5Z': '2026-01-31T12:00:00.500Z',
    '2026-01-31T12:00:00': '2026-01-31T12:00:00.000Z',
    '2026-01-31T12:00': '2026-01-31T12:00:00.000Z',
    '2026-01-31': '2026-01-31T00:00:00.000Z',
    '2024-02-29T00:00:00Z': '2024-02-29T00:00:00.000Z'
  }
  t.strictSame(
    Object.keys(times).map((dateTime) => envelope({ dateTime }).date_time),
    Object.values(times)
  )
  const malformed = ['', 'yesterday', '1769860800', '31/01/2026', '2026-01-31 12:00', '2026-01-31T12']
  const nonexistent = ['2026-13-01', '2026-02-30', '2025-02-29T12:00:00-03:00', '2026-01-31T25:00:00Z', '2026-01-00']
  const wrong = [...malformed, ...nonexistent]
  t.strictSame(
    wrong.map((dateTime) => faults({ dateTime })),
    wrong.map((dateTime) => [
      'IEV_EVENT_INVALID',
      `dateTime must be ISO 8601, such as 2026-01-31T12:00:00Z (got "${dateTime}")`
    ])
  )
})

t.test('all faults of an event are reported at once, each with its field', async (t) => {
  const [code, ...messages] = faults({
    instance: 7,
    event: undefined,
    id: '',
    sender: 5,
    serverUrl: null,
    transports: ['sqs', 'smoke'],
    extra: [],
    colour: 'red'
  })
  t.equal(code, 'IEV_EVENT_INVALID')
  const starts = ['instance: ', 'event', 'id: ', 'sender: ', 'serverUrl: ', 'transports.1: ', 'extra: ']
  t.strictSame(
    starts.filter((start) => !messages.some((message) => message.startsWith(start))),
    []
  )
  t.ok(messages.includes('colour is not a field of an event'))
  t.ok(messages.every((message) => !message.includes('[object')))
  t.match(faults({ event: undefined }), ['IEV_EVENT_INVALID', /^event/])
  t.match(faults({ id: 'x'.repeat(129) }), ['IEV_EVENT_INVALID', /^id: .*128/])
  const long = 'x'.repeat(2_049)
  t.match(faults({ sender: long, serverUrl: long, apikey: long }), [
    'IEV_EVENT_INVALID',
    /^sender: .* 2048 \(got "x{39}…?/,
    /^serverUrl: .* 2048/,
    /^apikey: .* 2048/
  ])
  t.match(faults({ instance: '' }), ['IEV_INSTANCE_NAME_INVALID', /^instance must have 1 to 100/])
  t.match(faults({ event: 'messages.upset' }), ['IEV_EVENT_UNKNOWN', /messages\.upsert/])
  t.match(faults({ transports: ['sqs', 'sqs'] }), ['IEV_EVENT_INVALID', /^transports: /])
  t.throws(() => one(null as unknown as InstanceEventInput, {} as NormaliseOptions), {
    code: 'IEV_EVENT_INVALID',
    message: /^the event: /
  })
  t.throws(() => one({ event: 'call', data: 1 } as InstanceEventInput, {} as NormaliseOptions), {
    message: /^instance is required/
  })
  t.throws(() => one({ instance: 'a', event: 'call' } as InstanceEventInput, {} as NormaliseOptions), {
    message: 'data is required'
  })
})

t.test('an id is any text without control characters', async (t) => {
  const ids = ['a', 'x'.repeat(128), 'ção 💬', '"quoted"\\']
  t.strictSame(
    ids.map((id) => envelope({ id }).id),
    ids
  )
  const wrong = ['a\nb', 'a\u0000', '\u007F', '\uD800', 'a\uDC00b']
  t.match(
    wrong.map((id) => faults({ id })),
    wrong.map(() => ['IEV_EVENT_INVALID', /^id must not contain/])
  )
})

t.test('data is any JSON, written once', async (t) => {
  const values = [null, 0, '', false, [], {}, { a: [1, { b: null }] }]
  t.strictSame(
    values.map((data) => normalise({ data }).data),
    values.map((data) => JSON.stringify(data))
  )
  t.equal(normalise({ data: { at: new Date(0) } }).data, '{"at":"1970-01-01T00:00:00.000Z"}')
  t.equal(normalise({ data: '\uD800 \uDBFF\uDFFF' }).data, '"\\ud800 \u{10FFFF}"', 'a lone surrogate is an escape')
  t.doesNotThrow(() =>
    Buffer.from(normalise({ data: '\uD800' }).data)
      .toString()
      .toWellFormed()
  )
})

t.test('data that is no JSON is refused with the reason', async (t) => {
  const loop: Record<string, unknown> = {}
  loop.self = loop
  t.match(faults({ data: 1n }), ['IEV_EVENT_INVALID', /^data cannot be written as JSON: .*BigInt/])
  t.match(faults({ data: loop }), ['IEV_EVENT_INVALID', /^data cannot be written as JSON: .*circular/])
  t.strictSame(faults({ data: () => 1 }), ['IEV_EVENT_INVALID', 'data is function, which JSON cannot represent'])
  t.match(faults({ data: undefined }), ['IEV_EVENT_INVALID', /^data/])
})

t.test('data has at most 100 levels, on every release of Node.js', async (t) => {
  const told = (field: string) => ['IEV_EVENT_INVALID', `${field} is nested deeper than 100 levels`]
  t.equal(normalise({ data: nested(100) }).data.length, 201)
  for (const depth of [101, 1_000, 200_000]) {
    t.strictSame(faults({ data: nested(depth) }), told('data'), `${depth}`)
    t.strictSame(faults({ extra: { far: { deep: nested(depth - 1) } } }), told('extra.far'), `extra: ${depth}`)
  }
})

t.test('extras cannot replace a member of messages', async (t) => {
  t.strictSame(
    RESERVED_MEMBERS.map((member) => faults({ extra: { fine: 1, [member]: 1 } })),
    RESERVED_MEMBERS.map((member) => [
      'IEV_EVENT_INVALID',
      `extra.${member} is a member of every message and cannot be replaced`
    ])
  )
  t.equal(normalise({ extra: {} }).extra, '')
  t.equal(normalise({ extra: { gone: undefined, 'a"b': '\uDC00' } }).extra, '"a\\"b":"\\udc00"')
  t.equal(faults({ extra: { id: 1, offset: 1 }, dateTime: 'never' }).length, 4, 'each is told')
})

t.test('faults of a list have the places of their events', async (t) => {
  const options = { catalogueOf: () => new EventCatalogue(), serverUrl: 'x', exposeApiKey: false }
  const inputs = [{ ...INPUT, instance: '' }, { ...INPUT, event: 'none' }, { ...INPUT, id: 1 }, INPUT]
  // Of any shape: callers without types exist.
  try {
    normaliseEvents(inputs as InstanceEventInput[], options)
    t.fail('nothing was refused')
  } catch (error) {
    const { messages = [] } = error as InstanceEventsError
    t.match(messages, [/^\[0\]: /, /^\[1\]: /, /^\[2\]: /])
  }
})
