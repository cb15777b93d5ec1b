import t, { type Test } from 'tap'
import type { StoredEvent } from '../../lib/events/event.ts'
import { type Backend, backends } from '../support/backends.ts'
import { API_KEY, bare, build, listen } from '../support/build.ts'
import { type TestStream, stream } from '../support/event-stream.ts'
import { emit, heldStore, numbers } from '../support/resuming.ts'
import { cutOffs, flood } from '../support/slowness.ts'
import { client, next } from '../support/sockets.ts'
import { until } from '../support/until.ts'

async function start(t: Test, options: Parameters<typeof listen>[1] = {}) {
  const { app, url } = await listen(t, { sqs: false, ...options })
  await app.websocket.set('sales', { enabled: true })
  return { app, url }
}

/** The numbers of events, and the notifications without their log. */
const data = (received: TestStream['received']) =>
  received.map(({ event, message: { log: _, ...message } }) => (event === 'message' ? message.data : message))

const refused = async (url: string, headers: Record<string, string> = { apikey: API_KEY }) => {
  const reply = await fetch(url, { headers })
  const { code, response } = (await reply.json()) as { code: string; response: { message: string[] } }
  return { status: reply.status, code, message: response.message[0], retryAfter: reply.headers.get('retry-after') }
}

for (const backend of await backends(t)) {
  t.test(`${backend.name}: a stream resumes where the client was, then goes on live`, (t) => resumes(t, backend))
  t.test(`${backend.name}: a stream has the events that a socket with the same filters has, live and replayed`, (t) =>
    isEqual(t, backend)
  )
  t.test(`${backend.name}: a stream ends at once with its token, its instance or its selection`, (t) =>
    ends(t, backend)
  )
  t.test(`${backend.name}: streams count as sockets of their token and their address`, (t) => counts(t, backend))
  t.test(`${backend.name}: a client that stops reading is cut off, and others receive everything`, (t) =>
    isCutOff(t, backend)
  )
  t.test(`${backend.name}: sockets and streams of an instance have a limited number of different filters`, (t) =>
    hasLimitedFilters(t, backend)
  )
}

async function resumes(t: Test, backend: Backend) {
  const { app, url } = await start(t, { eventLog: { url: await backend.start(t) } })
  await emit(app, 'sales', 1, 2)
  const live = await stream(t, `${url}/events/sales/stream`)
  await live.until(1)
  await emit(app, 'other', 'of another instance')
  await emit(app, 'sales', 3)
  t.strictSame(data(await live.until(2)), [{ from: 2, to: 2, count: 0, complete: true }, 3])
  t.match(live.received[1], { id: '4', message: { event: 'call', instance: 'sales', offset: 4 } })
  t.match(live.response.headers, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
  live.response.destroy()
  await emit(app, 'sales', 4)
  const all = [1, 2, 3, 4, { from: 0, to: 5, count: 4, complete: true }]
  t.strictSame(data(await (await stream(t, `${url}/events/sales/stream?after=0`)).until(5)), all)
  const again = await stream(t, `${url}/events/sales/stream?after=0`, { 'last-event-id': '2' })
  t.strictSame(data(await again.until(3)), [3, 4, { from: 2, to: 5, count: 2, complete: true }])
  const log = String(again.received[2]?.message.log)
  const known = await stream(t, `${url}/events/sales/stream?after=5&log=${encodeURIComponent(log)}`)
  t.strictSame(data(await known.until(1)), [{ from: 5, to: 5, count: 0, complete: true }])
  const lost = await stream(t, `${url}/events/sales/stream?after=5&log=other`)
  t.strictSame(data(await lost.until(6)).at(-1), { from: 0, to: 5, count: 4, complete: false })
}

async function isEqual(t: Test, backend: Backend) {
  const { app, url } = await start(t, { websocket: { globalEvents: true }, eventLog: { url: await backend.start(t) } })
  await app.websocket.set('sales', { enabled: true, events: ['CALL', 'LABELS_EDIT'], omit: ['data.secret'] })
  await app.websocket.set('a,b', { enabled: true })
  const filter = { n: [{ numeric: ['>', 1] }] }
  const cases = [
    ['/sales', '/events/sales/stream?', {}],
    ['/sales', '/events/sales/stream?events=labels.edit', { events: ['labels.edit'] }],
    ['/sales', `/events/sales/stream?filter=${encodeURIComponent(JSON.stringify(filter))}`, { filter }],
    ['/', '/events/stream?', {}],
    ['/', `/events/stream?instances=a%252Cb,other,%25`, { instances: ['a,b', 'other', '%'] }]
  ] as const
  const post = async () => {
    for (const [instance, event, n] of [
      ['sales', 'call', 1],
      ['sales', 'labels.edit', 2],
      ['sales', 'chats.set', 3],
      ['a,b', 'call', 4]
    ] as const)
      await app.onInstanceEvent({ instance, event, data: { n, secret: 's' } })
  }
  await post()
  const pairs = await Promise.all(
    cases.map(async ([namespace, path, auth]) => {
      const socket = client(t, url + namespace, { auth: { apikey: API_KEY, offset: 0, ...auth } })
      await next(socket.socket, 'resumed')
      const one = await stream(t, `${url}${path}&after=0`)
      await until(() => one.received.some(({ event }) => event === 'resumed'))
      return { socket, one }
    })
  )
  await post()
  const last = client(t, url, { auth: { apikey: API_KEY, offset: 7 } })
  await last.until(2)
  for (const { socket, one } of pairs) await until(() => one.received.length === socket.received.length)
  const offsets = (received: { message: Record<string, unknown> }[]) => received.map(({ message }) => message)
  t.strictSame(
    pairs.map(({ one }) => offsets(one.received)),
    pairs.map(({ socket }) => offsets(socket.received))
  )
  t.strictSame(
    pairs.map(({ one }) => one.received.length),
    [5, 3, 3, 9, 3]
  )
}

t.test('keys are checked as those of sockets, in a header or the query, and wrong ones are limited', async (t) => {
  const { app, url } = await start(t, { eventLog: { wrongKeysPerMinute: 3 } })
  await app.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  await app.eventLog.instances.create({ name: 'theirs', token: 'token-of-theirs' })
  await app.websocket.set('mine', { enabled: true })
  const path = `${url}/events/mine/stream`
  for (const [place, headers] of [
    [path, { apikey: 'token-of-mine' }],
    [path, { apikey: '', authorization: 'Bearer token-of-mine' }],
    [`${path}?apikey=token-of-mine`, { apikey: '' }]
  ] as const)
    t.match(data(await (await stream(t, place, headers)).until(1)), [{ complete: true }])
  const unauthorized = { status: 401, code: 'IEV_UNAUTHORIZED' }
  t.match(await refused(path, {}), {
    ...unauthorized,
    message: 'A key is required: header apikey, or Authorization: Bearer, or ?apikey='
  })
  t.match(
    await Promise.all([
      refused(path, { apikey: 'token-of-theirs' }),
      refused(`${url}/events/nobody/stream`, { apikey: 'token-of-theirs' }),
      refused(path, { apikey: 'wrong' })
    ]),
    [unauthorized, unauthorized, unauthorized]
  )
  await refused(path, { apikey: 'wrong too' })
  t.match(await refused(path, { apikey: 'token-of-mine' }), {
    status: 429,
    code: 'IEV_TOO_MANY_REQUESTS',
    retryAfter: /^\d+$/
  })
})

t.test('what cannot be streamed is refused with the reason and the remedy', async (t) => {
  const { app, url } = await start(t)
  await app.websocket.set('off', { enabled: false })
  const unavailable = { status: 409, code: 'IEV_STREAM_UNAVAILABLE' }
  const invalid = { status: 400, code: 'IEV_VALIDATION' }
  const paths = [
    ['nobody/stream', { ...unavailable, message: /^There is no instance "nobody"/ }],
    ['off/stream', { ...unavailable, message: /switched off/ }],
    ['stream', { ...unavailable, message: /global events are switched off/ }],
    ['sales/stream?after=-1', { ...invalid, message: /^querystring\.after must match/ }],
    ['sales/stream?events=cal', { ...invalid, message: /^querystring\.events\[0\] "cal" is not a known event/ }],
    ['sales/stream?filter={', { ...invalid, message: 'querystring.filter must be JSON, percent-encoded' }],
    ['sales/stream?filter={"a":1}', { ...invalid, message: /^querystring\.filter\.a must be a list/ }],
    ['sales/stream?offset=1', { ...invalid, message: /offset/ }],
    ['sales/stream?after=9007199254740993', { ...invalid, message: /^querystring\.after: must be the offset/ }]
  ] as const
  t.match(
    await Promise.all(paths.map(([path]) => refused(`${url}/events/${path}`))),
    paths.map(([, refusal]) => refusal)
  )
  t.match(await refused(`${url}/events/sales/stream`, { apikey: API_KEY, 'last-event-id': 'x' }), {
    ...invalid,
    message: /^Last-Event-ID: must be the offset/
  })
  t.equal((await fetch(`${url}/events/sales/stream`, { method: 'HEAD', headers: { apikey: API_KEY } })).status, 404)
  const silent = await build(t, { sqs: false, websocket: false })
  const reply = await silent.inject({ url: '/events/sales/stream', headers: { apikey: API_KEY } })
  t.match(reply.json(), { status: 409, code: 'IEV_TRANSPORT_DISABLED' })
})

async function ends(t: Test, backend: Backend) {
  const { app, url } = await start(t, { eventLog: { url: await backend.start(t) } })
  for (const name of ['a', 'b', 'c']) {
    await app.eventLog.instances.create({ name, token: `token-of-${name}` })
    await app.websocket.set(name, { enabled: true })
  }
  const open = async (name: string) => {
    const one = await stream(t, `${url}/events/${name}/stream`, { apikey: `token-of-${name}` })
    await one.until(1)
    return one
  }
  const [a, b, c] = await Promise.all([open('a'), open('b'), open('c')])
  await app.eventLog.instances.setToken('a', 'another token')
  await app.eventLog.instances.remove('b')
  await app.websocket.set('c', { enabled: false })
  await Promise.all([a.ended, b.ended, c.ended])
  await until(() => app.websocket.connected === 0)
}

async function counts(t: Test, backend: Backend) {
  const { app, url } = await start(t, {
    websocket: { maxSocketsPerInstance: 1, maxSocketsPerAddress: 2 },
    eventLog: { url: await backend.start(t) }
  })
  await app.eventLog.instances.setToken('sales', 'token-of-sales')
  const path = `${url}/events/sales/stream`
  const first = await stream(t, path, { apikey: 'token-of-sales' })
  t.match(await refused(path, { apikey: 'token-of-sales' }), { status: 429, message: /^Too many sockets are open/ })
  await stream(t, path)
  t.match(await refused(path), { status: 429, message: /^Too many connections are open/ })
  first.response.destroy()
  await until(async () => (await refused(path, { apikey: 'wrong' })).status === 401)
  await stream(t, path, { apikey: 'token-of-sales' })
}

async function isCutOff(t: Test, backend: Backend) {
  const { app, url } = await start(t, {
    websocket: { maxBufferedBytes: 1_000_000 },
    eventLog: { url: await backend.start(t) }
  })
  const slow = await stream(t, `${url}/events/sales/stream`)
  const reader = await stream(t, `${url}/events/sales/stream`)
  await Promise.all([slow.until(1), reader.until(1)])
  slow.response.pause()
  let count = await flood(app, { until: async () => (await cutOffs(app)) > 0 })
  const text = 'x'.repeat(500_000)
  for (let more = 0; more < 2; more++) await emit(app, 'sales', { n: count++, text })
  const received = await reader.until(count + 1)
  t.equal(await cutOffs(app), 1, 'once, although it has time left to read the reason')
  const [last] = await app.eventLog.store.log.read({ after: count - 1, limit: 1 })
  t.equal(app.websocket.countReceivers(last as StoredEvent), 1)
  await until(() => app.websocket.connected === 1)
  t.strictSame(
    received.slice(1).map(({ message }) => (message.data as { n: number }).n),
    numbers(count)
  )
  slow.response.resume()
  await slow.ended
  const before = slow.received.filter(({ event }) => event === 'message').map(({ message }) => message.offset)
  t.strictSame(
    before,
    numbers(before.length).map((n) => n + 1),
    'it has everything that was written before'
  )
}

t.test('line breaks between tokens of data do not break the stream', async (t) => {
  const { app, url } = await start(t)
  const one = await stream(t, `${url}/events/sales/stream`)
  const payload = '{"event":"call","data":{\n"a":\r\n"b\\n"}}'
  const headers = { apikey: API_KEY, 'content-type': 'application/json' }
  t.equal((await app.inject({ method: 'POST', url: '/events/sales', headers, payload })).statusCode, 202)
  t.match(await one.until(2), [{}, { message: { data: { a: 'b\n' } } }])
})

t.test('streams end when the server closes', async (t) => {
  const { app, url } = await start(t)
  const one = await stream(t, `${url}/events/sales/stream`)
  await one.until(1)
  await app.close()
  await one.ended
  t.equal(one.response.complete, true)
})

t.test('headers of the host are kept', async (t) => {
  const server = bare(t)
  server.addHook('onRequest', async (_request, reply) => void reply.header('x-of-host', '1'))
  const { default: app } = await import('../../app.ts')
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  await server.websocket.set('sales', { enabled: true })
  t.match((await stream(t, `${url}/events/sales/stream`)).response.headers, { 'x-of-host': '1' })
})

async function hasLimitedFilters(t: Test, backend: Backend) {
  const { app, url } = await start(t, { eventLog: { url: await backend.start(t) } })
  const path = (n: number) => `${url}/events/sales/stream?filter=${encodeURIComponent(JSON.stringify({ n: [n] }))}`
  const open = await Promise.all(numbers(100).map((n) => stream(t, path(n))))
  await stream(t, path(7))
  await stream(t, `${url}/events/sales/stream`)
  t.match(await refused(path(100)), { status: 429, message: /^Too many different filters are in use/ })
  open[3]?.response.destroy()
  await until(() => app.websocket.connected === 101)
  t.equal((await stream(t, path(100))).response.statusCode, 200)
}

t.test('no instance is created with the name that is part of the route of streams', async (t) => {
  const { app } = await start(t)
  const payload = { instanceName: 'stream' }
  const reply = await app.inject({ method: 'POST', url: '/instance/create', headers: { apikey: API_KEY }, payload })
  t.match(reply.json(), {
    status: 400,
    code: 'IEV_INSTANCE_NAME_INVALID',
    response: { message: [/choose another name$/] }
  })
})

t.test('a stream that resumes ends when the log cannot be read, and its client can resume', async (t) => {
  const held = heldStore(t)
  const { app, url } = await start(t, { eventLog: { store: held.store } })
  await emit(app, 'sales', 1)
  const opening = stream(t, `${url}/events/sales/stream?after=0`)
  ;(await held.read()).fail(new Error('away'))
  const broken = await opening
  await broken.ended
  t.strictSame(broken.received, [])
  held.open()
  const again = await stream(t, `${url}/events/sales/stream?after=0`)
  t.strictSame(data(await again.until(2)), [1, { from: 0, to: 1, count: 1, complete: true }])
})
