import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import app from '../../app.ts'
import { API_KEY, bare, build, listen } from '../support/build.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY, 'content-type': 'application/json' }
const BYTES = 2_000_000

/** About 2 MB: `begin`, then pieces, then `end`. */
function filled(begin: string, piece: (n: number) => string, end: string): string {
  const pieces: string[] = []
  for (let bytes = 0; bytes < BYTES; bytes += (pieces.at(-1) as string).length + 1) pieces.push(piece(pieces.length))
  return `${begin}${pieces.join()}${end}`
}

const member = (n: number) => `"m${n}":0`
const manyUnknown = `{${Array.from({ length: 90 }, (_, n) => member(n)).join()}}`
const EVENT = '{"event":"call","instance":"sales","data":1'
const FEW_EVENTS = 'The body has more than 1000 events: send fewer at a time'

/** Bodies that stop a server for seconds, or end it, if all of them is built and each fault told. */
const HOSTILE: [title: string, url: string, body: string, message: string][] = [
  ['empty objects', '/events/sales', filled('[', () => '{}', ']'), FEW_EVENTS],
  ['nulls', '/events/sales', filled('[', () => 'null', ']'), FEW_EVENTS],
  ['arrays', '/events/sales', '['.repeat(BYTES), '[0]: the event is nested deeper than 100 levels'],
  ['members', '/events/sales', filled(`${EVENT},`, member, '}'), 'the event has more than 100 members'],
  ['extras', '/events/sales', filled(`[${EVENT},"extra":{`, member, '}}]'), '[0]: extra has more than 100 members'],
  [
    'transports',
    '/events/sales',
    filled(`${EVENT},"transports":[`, String, ']}'),
    'transports is an array or object of more than 4096 bytes'
  ],
  ['unknown members', '/events/sales', `[${Array(1_000).fill(manyUnknown).join()}]`, 'body.0.event is required'],
  ['empty objects', '/webhook/evolution', filled('[', () => '{}', ']'), FEW_EVENTS],
  ['members', '/webhook/evolution/call', filled(`${EVENT},`, member, '}'), 'the event has more than 100 members'],
  [
    'a list as sender',
    '/webhook/evolution',
    filled(`${EVENT},"sender":[`, () => 'null', ']}'),
    'sender is an array or object of more than 4096 bytes'
  ],
  [
    'selected events',
    '/sqs/set/sales',
    `{"enabled":true,"events":[${Array(40_000).fill('{}').join()}]}`,
    'body.events must NOT have more than 500 items'
  ],
  [
    'selected events',
    '/instance/create',
    `{"instanceName":"a","sqs":{"enabled":true,"events":[${Array(40_000).fill('{}').join()}]}}`,
    'body.sqs.events must NOT have more than 500 items'
  ],
  [
    'ids',
    '/sqs/deadletters/redrive',
    `{"ids":[${Array(40_000).fill('{}').join()}]}`,
    'body.ids must NOT have more than 1000 items'
  ],
  [
    'a token',
    '/instance/create',
    `{"instanceName":"a","token":${'['.repeat(60_000)}${']'.repeat(60_000)}}`,
    'body.token must be string'
  ]
]

t.test('a body with very many small parts is refused with one fault', async (t) => {
  const server = await build(t)
  for (const [title, url, payload, message] of HOSTILE) {
    const reply = await server.inject({ method: 'POST', url, headers, payload })
    t.match(reply.json(), { status: 400, response: { message: [message] } }, `${url}: ${title}`)
    t.equal(reply.json<{ response: { message: string[] } }>().response.message.length, 1)
  }
  t.equal((await server.eventLog.store.log.range()).head, 0)
})

t.test('bodies with settings have a small limit', async (t) => {
  const server = await build(t)
  const payload = filled('{"enabled":true,"events":[', () => '{}', ']}')
  for (const url of ['/sqs/set/sales', '/websocket/set/sales', '/instance/create', '/sqs/deadletters/redrive']) {
    const reply = await server.inject({ method: 'POST', url, headers, payload })
    t.match(reply.json(), { status: 413, code: 'IEV_BODY_TOO_LARGE', response: { message: [/131072 bytes/] } }, url)
  }
})

t.test('refusals repeat only short excerpts of a body', async (t) => {
  const server = await build(t)
  const long = 'x'.repeat(1_000_000)
  const bodies = [
    ['/events/sales', `{"event":"${long}","data":1}`],
    ['/events/sales', `{"event":"call","data":1,"${long}":1}`],
    ['/events/sales', `{"event":"call","data":1,"dateTime":"${long}"}`],
    ['/events/sales', `{"event":"call","data":1,"traceparent":"${long}"}`],
    ['/events/sales', `{"event":"call","data":1,"extra":{"${long}":${'['.repeat(200)}${']'.repeat(200)}}}`],
    ['/events/sales', `[${Array(1_000).fill('{"event":"cal","data":1}').join()}]`],
    ['/webhook/evolution/call', `{"event":"${long}","instance":"sales"}`],
    ['/websocket/set/sales', `{"enabled":true,"events":[${Array(500).fill('"cal"').join()}]}`]
  ] as const
  for (const [url, payload] of bodies) {
    const reply = await server.inject({ method: 'POST', url, headers, payload })
    const { response } = reply.json<{ response: { message: string[] } }>()
    t.equal(reply.statusCode, 400, payload.slice(0, 40))
    t.ok(reply.body.length < 20_000 && response.message.length <= 100, `${reply.body.length} bytes`)
  }
})

t.test('data is passed on as it was written', async (t) => {
  const server = await build(t, { sqs: false })
  const data = '{"a":12345678901234567890, "b":1.0,"c":-0,"d":1e-400,"e":"\\ud800","f":"é","__proto__":{}}'
  const send = async (url: string, body: string | Buffer) =>
    server.inject({ method: 'POST', url, headers, payload: body })
  await send('/events/sales', `{"event":"call","id":"1","data":${data},"extra":{"n":1.50,"__proto__":[1.0]}}`)
  await send('/events/sales', ` [ {"event":"call" ,\n"id":"2", "data" : ${data}\t} ] `)
  await send('/webhook/evolution', `{"event":"call","instance":"sales","id":"3","data":${data},"progress":1.50}`)
  const reply = await server.inject({ url: '/events/sales', headers })
  t.equal(reply.body.split(`"data":${data},`).length - 1, 3)
  t.match(reply.body, '"n":1.50,"__proto__":[1.0]}')
  t.match(reply.body, '"progress":1.50}')
})

t.test('numbers that readers cannot represent and bytes that are no UTF-8 are refused', async (t) => {
  const server = await build(t, { sqs: false })
  const refused = async (payload: string | Buffer) => {
    const reply = await server.inject({ method: 'POST', url: '/events/sales', headers, payload })
    const { code, response } = reply.json<{ code: string; response: { message: string[] } }>()
    return [reply.statusCode, code, ...response.message]
  }
  const told = 'contains the number 1e999: most JSON parsers cannot represent numbers of 1e308 or more'
  t.strictSame(await refused('{"event":"call","data":{"a":1e999}}'), [400, 'IEV_EVENT_INVALID', `data ${told}`])
  t.strictSame(await refused('[{"event":"call","data":1,"extra":{"a":1e999}}]'), [
    400,
    'IEV_EVENT_INVALID',
    `[0]: extra.a ${told}`
  ])
  t.match(await refused(Buffer.from([0x22, 0xff, 0x22])), [400, 'IEV_BODY_MALFORMED', /it is not UTF-8/])
  t.match(await refused('{"event":"call","data":1} {}'), [400, 'IEV_BODY_MALFORMED', /unexpected "{" at byte 26/])
  for (const [payload, fault] of [
    ['{"event":"call" "data":1}', 'unexpected "\\"" at byte 16'],
    ['[{"event":"call","data":1}{}]', 'unexpected "{" at byte 26'],
    ['[]]', 'unexpected "]" at byte 2'],
    ['{"event"', 'it ends too early'],
    ['{"event":"call","data":nil}', 'unexpected "i" at byte 24']
  ] as const)
    t.strictSame(await refused(payload), [400, 'IEV_BODY_MALFORMED', `The body is not JSON: ${fault}`])
  t.match(await refused('{}'), [400, 'IEV_VALIDATION', 'body.event is required'])
  t.match(await refused('7'), [400, 'IEV_VALIDATION', 'body must be object'])
  t.match(await refused('{"event":"call","data":1,"extra":[1]}'), [400, 'IEV_VALIDATION', 'body.extra must be object'])
})

t.test('a hook of the host that logs bodies gets the JSON that was sent', async (t) => {
  const server = bare(t)
  const seen: string[] = []
  server.addHook('preHandler', async ({ body }) => void seen.push(JSON.stringify(body)))
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  const payload = '{"event":"call","data":{"a":[1]},"extra":{"b":null}}'
  await server.inject({ method: 'POST', url: '/events/sales', headers, payload })
  t.strictSame(seen, [payload])
})

/** Begins a request whose body is sent by the caller. */
function begin(url: string, path: string, more: Record<string, string | number> = {}): ClientRequest {
  const posting = request(`${url}${path}`, { method: 'POST', headers: { ...headers, ...more } })
  // The server ends some of them.
  posting.on('error', () => {})
  return posting
}

async function answerOf(posting: ClientRequest) {
  const [reply] = (await once(posting, 'response')) as [IncomingMessage]
  let body = ''
  for await (const text of reply.setEncoding('utf8')) body += text as string
  return { status: reply.statusCode, headers: reply.headers, body: JSON.parse(body) as unknown }
}

const EVENT_OF_500 = `{"event":"call","data":"${'x'.repeat(474)}"}`
const EVENT_OF_400 = EVENT_OF_500.replace('x'.repeat(100), '')
const REFUSED = {
  status: 503,
  headers: { 'retry-after': '1' },
  body: { code: 'IEV_BACKPRESSURE', response: { message: [/500 bytes of other .* limit is 1300 .*bodiesLimit/] } }
}

t.test(
  'bodies that are under way together are bounded, and those of answered or broken requests count no more',
  async (t) => {
    const { url, app: server } = await listen(t, { sqs: false, bodiesLimit: 1_300 })
    const post = async (path: string, body: string) => answerOf(begin(url, path).end(body))
    const webhook = (bytes: number) => `{"event":"call","instance":"a","data":"${'x'.repeat(bytes - 41)}"}`
    const refusals = async () =>
      /refused_total\{code="IEV_BACKPRESSURE"\} (\d+)/.exec((await server.inject('/metrics')).body)?.[1]

    const first = begin(url, '/events/sales', { 'content-length': 500 })
    first.write(EVENT_OF_500.slice(0, 10))
    await until(async () => (await post('/events/sales', EVENT_OF_500)).status === 503)
    t.match(await post('/events/sales', EVENT_OF_500), REFUSED)
    const refusedHook = await post('/webhook/evolution', webhook(401))
    t.match(refusedHook.body, { response: { message: [/0 of them for the address 127\.0\.0\.1:/] } })
    t.match(refusedHook, REFUSED, 'both routes have one limit')
    t.equal((await post('/webhook/evolution', webhook(400))).status, 202, 'there is room for it')
    t.equal((await post('/events/other', EVENT_OF_400)).status, 202, 'and for another instance')
    const chunked = begin(url, '/events/sales')
    chunked.write(EVENT_OF_500.slice(0, 300))
    chunked.write(EVENT_OF_500.slice(300))
    t.match(await answerOf(chunked), REFUSED, 'a body of unknown length is counted as it comes')
    t.ok(Number(await refusals()) >= 3)

    const answered = answerOf(first)
    first.end(EVENT_OF_500.slice(10))
    t.equal((await answered).status, 202)
    t.equal((await post('/events/sales', EVENT_OF_500)).status, 202)
    const broken = begin(url, '/events/sales', { 'content-length': 500 })
    broken.write(EVENT_OF_500.slice(0, 10))
    await until(async () => (await post('/events/sales', EVENT_OF_500)).status === 503)
    broken.destroy()
    await until(async () => (await post('/events/sales', EVENT_OF_500)).status === 202)
    const alone = `{"event":"call","data":"${'x'.repeat(5_000)}"}`
    t.equal((await post('/events/sales', alone)).status, 202, 'one body alone may be larger')
  }
)

t.test('bodies that one tenant announces and does not send leave room for those of others', async (t) => {
  const { url, app: server } = await listen(t, { sqs: false, bodiesLimit: 1_000 })
  const idle = () => begin(url, '/events/much', { 'content-length': 200 })
  const postings = Array.from({ length: 8 }, idle)
  for (const posting of postings) posting.flushHeaders()
  const refused = await Promise.any(postings.map(answerOf))
  t.match(refused, {
    status: 503,
    body: { response: { message: [/400 bytes of other .*, 400 of them for the "much" instance:/] } }
  })
  const event = (bytes: number) => ({ event: 'call', data: 'x'.repeat(bytes) })
  const post = async (path: string, payload: object) =>
    (await server.inject({ method: 'POST', url: path, headers, payload })).statusCode
  t.equal(await post('/events/little', event(200)), 202)
  t.equal(await post('/webhook/evolution', { instance: 'little', ...event(200) }), 202)
  t.equal(await post('/events/much', event(200)), 503)
  for (const posting of postings) posting.destroy()
  await until(async () => (await post('/events/much', event(200))) === 202)
})

t.test('a large body is accepted or refused like a small one', async (t) => {
  const server = await build(t, { sqs: false })
  const send = async (payload: string) =>
    (await server.inject({ method: 'POST', url: '/events/sales', headers, payload })).json<object>()
  const large = `"${'x'.repeat(300_000)}"`
  t.match(await send(`{"event":"call","data":${large}}`), { offset: 1 })
  t.match(await send(`{"event":"call","data":[${large}}`), { code: 'IEV_BODY_MALFORMED' })
  t.match(await send(`{"event":"call","data":[${large}],"extra":7}`), { code: 'IEV_VALIDATION' })
  const [read] = await server.eventLog.store.log.read({ after: 0, limit: 9 })
  t.equal(read?.data, large)
})

t.test('a stream that a hook of the host puts in place of a body is read, and its error answered', async (t) => {
  const server = bare(t)
  let put: (stream: PassThrough) => unknown = (stream) => stream.end(`{"event":"call","data":1}`)
  server.addHook('preParsing', async (request) => {
    delete request.headers['content-length']
    const stream = new PassThrough({ encoding: 'utf8' })
    put(stream)
    return stream
  })
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  const send = () => server.inject({ method: 'POST', url: '/events/sales', headers, payload: '{}' })
  t.equal((await send()).statusCode, 202)
  put = (stream) => setImmediate(() => stream.destroy(new Error('it cannot be decoded')))
  t.equal((await send()).statusCode, 400)
  put = (stream) => setImmediate(() => stream.destroy(Object.assign(new Error('it is gone'), { statusCode: 410 })))
  t.equal((await send()).statusCode, 410)
})
