import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { type Backend, backends } from '../support/backends.ts'
import { API_KEY, build, folder, listen } from '../support/build.ts'
import { poll as request, polledData as data, type PollOptions } from '../support/long-poll.ts'
import { emit, emitMany, heldStore, numbers } from '../support/resuming.ts'
import { client, next } from '../support/sockets.ts'
import { LARGE } from '../support/slowness.ts'
import { soonOnce, until } from '../support/until.ts'

async function start(t: Test, options: Parameters<typeof listen>[1] = {}) {
  const { app, url } = await listen(t, { sqs: false, ...options })
  await app.websocket.set('sales', { enabled: true })
  const poll = (path: string, options?: PollOptions) => request(`${url}/events${path}`, options)
  /** Resolves when this many requests wait. */
  const waiting = (count: number) => until(() => app.websocket.connected === count && app.websocket.replaying === 0)
  return { app, url, poll, waiting }
}

const asQuery = (filter: object) => encodeURIComponent(JSON.stringify(filter))

for (const backend of await backends(t)) {
  t.test(`${backend.name}: a request without events waits for the next one`, (t) => waits(t, backend))
  t.test(`${backend.name}: pages have the events of a socket with the same filters`, (t) => isEqual(t, backend))
  t.test(`${backend.name}: a wait ends with its key, its instance, its selection and its server`, (t) =>
    ends(t, backend)
  )
  t.test(`${backend.name}: a client whose log was lost or pruned is told so at once`, (t) => loses(t, backend))
}

async function waits(t: Test, backend: Backend) {
  const { app, poll, waiting } = await start(t, { eventLog: { url: await backend.start(t) } })
  await emit(app, 'sales', 'first')
  t.match(await poll('/sales?after=0&wait=60'), { events: [{ data: 'first', offset: 1 }], after: 1, complete: true })
  t.strictSame(data(await poll('/sales?wait=60')), ['first'])
  const polls = [
    poll('/sales?after=1&wait=60'),
    poll('/sales?after=1&wait=60&events=labels.edit'),
    poll(`/sales?after=1&wait=60&filter=${asQuery({ n: [2] })}`)
  ]
  await waiting(3)
  await emit(app, 'other', 'of another')
  await emit(app, 'sales', { n: 1 })
  await app.onInstanceEvent({ instance: 'sales', event: 'labels.edit', data: { n: 2 } })
  const pages = await Promise.all(polls)
  t.match(pages, [
    { status: 200, events: [{ data: { n: 1 }, offset: 3 }], after: 3, more: false, complete: true, log: String },
    { events: [{ data: { n: 2 } }], after: 4 },
    { events: [{ data: { n: 2 } }], after: 4 }
  ])
  const [{ log } = {}] = pages
  t.match(await poll(`/sales?after=4&log=${log}&wait=1`), { status: 200, events: [], after: 4, log, complete: true })
  t.equal(pages[0]?.headers.get('cache-control'), 'no-store')
}

async function isEqual(t: Test, backend: Backend) {
  const { app, url, poll, waiting } = await start(t, {
    eventLog: { url: await backend.start(t) },
    websocket: { globalEvents: true }
  })
  await app.websocket.set('sales', {
    enabled: true,
    events: ['CALL', 'LABELS_EDIT'],
    omit: ['data.secret'],
    filter: { n: [{ numeric: ['<', 9] }] }
  })
  await app.websocket.set('a,b', { enabled: true })
  const filter = { n: [{ numeric: ['>', 1] }] }
  const cases = [
    ['/sales', '/sales?', {}],
    ['/sales', '/sales?events=labels.edit&', { events: ['labels.edit'] }],
    ['/sales', `/sales?filter=${asQuery(filter)}&`, { filter }],
    ['/', '?', {}],
    ['/', '?instances=a%252Cb,other,%25&', { instances: ['a,b', 'other', '%'] }]
  ] as const
  const post = () =>
    app.eventLog.accept(
      [
        ['sales', 'call', 1],
        ['sales', 'labels.edit', 2],
        ['sales', 'chats.set', 3],
        ['a,b', 'call', 4],
        ['sales', 'call', 9]
      ].map(([instance, event, n]) => ({ instance, event, data: { n, secret: 's' } }) as never)
    )
  const messages = (received: { event: string; message: unknown }[]) =>
    received.filter(({ event }) => event !== 'resumed').map(({ message }) => message)
  await post()
  const sockets = cases.map(([namespace, , auth]) =>
    client(t, url + namespace, { auth: { apikey: API_KEY, offset: 0, ...auth } })
  )
  await Promise.all(sockets.map(({ socket }) => next(socket, 'resumed')))
  const replayed = await Promise.all(cases.map(([, path]) => poll(`${path}after=0&wait=60`)))
  t.strictSame(
    replayed.map(({ events }) => events),
    sockets.map(({ received }) => messages(received))
  )
  t.match(
    replayed,
    cases.map(() => ({ after: 5, more: false, complete: true }))
  )
  const live = cases.map(([, path]) => poll(`${path}after=5&wait=60`))
  await waiting(10)
  await post()
  const pages = await Promise.all(live)
  await until(() =>
    sockets.every(({ received }, n) => messages(received).length === 2 * (replayed[n]?.events.length ?? 0))
  )
  t.strictSame(
    pages.map(({ events }) => events),
    sockets.map(({ received }, n) => messages(received).slice(replayed[n]?.events.length))
  )
  t.strictSame(
    pages.map(({ events }) => events.length),
    [2, 1, 1, 5, 1]
  )
}

async function ends(t: Test, backend: Backend) {
  const { app, url, poll, waiting } = await start(t, { eventLog: { url: await backend.start(t) } })
  for (const name of ['a', 'b', 'c']) {
    await app.eventLog.instances.create({ name, token: `token-of-${name}` })
    await app.websocket.set(name, { enabled: true })
  }
  const polls = [
    poll('/a?wait=60', { apikey: 'token-of-a' }),
    poll('/b?wait=60', { apikey: 'token-of-b' }),
    poll('/b?wait=60'),
    poll('/c?wait=60', { apikey: 'token-of-c' }),
    poll('/sales?wait=60')
  ]
  const left = get(`${url}/events/sales?wait=60`, { headers: { apikey: API_KEY } }).on('error', () => {})
  await waiting(6)
  left.destroy()
  await waiting(5)
  await app.eventLog.instances.setToken('a', 'another token')
  await app.eventLog.instances.remove('b')
  await app.websocket.set('c', { enabled: false })
  const remedy = 'send the global key or the token of this instance (header apikey, or Authorization: Bearer)'
  const unauthorized = {
    status: 401,
    code: 'IEV_UNAUTHORIZED',
    response: { message: [`The key does not authorize these events: ${remedy}`] }
  }
  const unavailable = { status: 409, code: 'IEV_STREAM_UNAVAILABLE' }
  t.match(await Promise.all(polls.slice(0, 4)), [unauthorized, unauthorized, unavailable, unavailable])
  await waiting(1)
  await app.close()
  const last = await polls[4]
  t.match(last, { status: 200, events: [] })
  t.equal(last?.headers.get('connection'), 'close')
}

async function loses(t: Test, backend: Backend) {
  const { app, poll } = await start(t, { eventLog: { url: await backend.start(t) } })
  await emit(app, 'sales', 'first')
  const { log } = await poll('/sales?after=0&wait=60')
  t.match(await poll(`/sales?after=7&log=${log}&wait=60`), { events: [], complete: false, after: 1, log })
  t.match(await poll('/sales?after=7&wait=60'), { events: [{ data: 'first' }], complete: false, after: 1 })
  t.match(await poll('/sales?after=1&log=another&wait=60'), { events: [{ data: 'first' }], complete: false, log })
  t.match(await poll(`/sales?after=0&log=${log}-incomplete&wait=60`), { events: [{ data: 'first' }], complete: false })
  const { store } = app.eventLog
  while ((await store.log.prune({ acceptedBefore: Date.now() + 60_000, maxBytes: Number.MAX_SAFE_INTEGER })).more);
  t.match(await poll('/sales?after=0&wait=60'), { events: [], complete: false, after: 1 })
}

t.test('a wait that makes no sense is refused', async (t) => {
  const { app, poll } = await start(t)
  await app.websocket.set('off', { enabled: false })
  const invalid = (message: string | RegExp) => ({ status: 400, response: { message: [message] } })
  const unavailable = (message: RegExp) => ({
    status: 409,
    code: 'IEV_STREAM_UNAVAILABLE',
    response: { message: [message] }
  })
  const refusals = [
    [
      '/sales?before=latest&wait=1',
      invalid('querystring.wait and querystring.before cannot be used together: send only one of them')
    ],
    [
      '/sales?limit=5&wait=1',
      invalid('querystring.wait and querystring.limit cannot be used together: send only one of them')
    ],
    ['/sales?wait=0', invalid(/^querystring\.wait must be >= 1/)],
    ['/sales?wait=61', invalid(/^querystring\.wait must be <= 60/)],
    ['/sales?wait=1&filter={', invalid('querystring.filter must be JSON, percent-encoded')],
    ['/sales?wait=1&filter={"a":1}', invalid(/^querystring\.filter\.a must be/)],
    ['/sales?wait=1&events=cal', invalid(/^querystring\.events\[0\] "cal" is not a known event/)],
    ['/sales?wait=1&instances=a', invalid(/instances/)],
    ['?instances=a', invalid('querystring.instances can only be used with querystring.wait')],
    ['/nobody?wait=1', unavailable(/^There is no instance "nobody"/)],
    ['/off?wait=1', unavailable(/switched off/)],
    ['?wait=1', unavailable(/global events are switched off/)]
  ] as const
  t.match(
    await Promise.all(refusals.map(([path]) => poll(path))),
    refusals.map(([, refusal]) => refusal)
  )
  const silent = await build(t, { sqs: false, websocket: false })
  const reply = await silent.inject({ url: '/events/sales?wait=1', headers: { apikey: API_KEY } })
  t.match(reply.json(), { status: 409, code: 'IEV_TRANSPORT_DISABLED' })
})

t.test('a filter of rare events continues where it has looked, also if the time is over meanwhile', async (t) => {
  const held = heldStore(t)
  const { app, poll } = await start(t, { eventLog: { store: held.store } })
  await emitMany(app, 'sales', 450)
  const polled = poll(`/sales?after=0&wait=1&filter=${asQuery({ rare: [1] })}`)
  ;(await held.read()).answer()
  const second = await held.read()
  t.match(await polled, { events: [], after: 200, more: true, complete: true })
  second.answer()
  held.open()
})

t.test('a client keeps its offset if the time is over before it is compared with the log', async (t) => {
  const { app, poll } = await start(t)
  await emit(app, 'sales', 1)
  const { log } = app.eventLog.store
  const range = log.range.bind(log)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  t.intercept(log, 'range', { value: (instanceKey?: number) => released.then(() => range(instanceKey)) })
  t.match(await poll('/sales?after=7&wait=1'), { events: [], after: 7, log: '', more: true, complete: true })
  release()
  t.match(await poll('/sales?after=7&log=&wait=60'), { events: [{ data: 1 }], after: 1, complete: false })
})

t.test('a request that waits for the store is refused when the log cannot be read', async (t) => {
  const held = heldStore(t)
  const { app, poll } = await start(t, { eventLog: { store: held.store } })
  await emit(app, 'sales', 1)
  const polled = poll('/sales?after=0&wait=60')
  ;(await held.read()).fail(new Error('away'))
  t.match(await polled, {
    status: 503,
    code: 'IEV_BACKPRESSURE',
    response: { message: [/the log could not be read$/] },
    params: [{ code: 'logUnread', values: [] }]
  })
  held.open()
})

t.test('long polls count as sockets of their token and their address, and their filters as others', async (t) => {
  const { app, poll, waiting } = await start(t, { websocket: { maxSocketsPerInstance: 1, maxSocketsPerAddress: 2 } })
  await app.eventLog.instances.setToken('sales', 'token-of-sales')
  const first = poll('/sales?wait=60', { apikey: 'token-of-sales' })
  await waiting(1)
  const tooMany = (message: RegExp) => ({ status: 429, response: { message: [message] } })
  t.match(await poll('/sales?wait=60', { apikey: 'token-of-sales' }), tooMany(/^Too many sockets are open/))
  const second = poll('/sales?wait=60')
  await waiting(2)
  t.match(await poll('/sales?wait=60'), tooMany(/^Too many connections are open/))
  t.equal((await poll('/sales')).status, 200, 'the log itself can be read')
  await emit(app, 'sales', 1)
  t.strictSame((await Promise.all([first, second])).map(data), [[1], [1]])
  await waiting(0)
  t.strictSame(data(await poll('/sales?wait=60', { apikey: 'token-of-sales' })), [1])
})

t.test('long polls of an instance have a limited number of different filters', async (t) => {
  const { app, poll, waiting } = await start(t)
  const path = (n: number) => `/sales?wait=60&filter=${asQuery({ n: [n] })}`
  const open = numbers(100).map((n) => poll(path(n)))
  await waiting(100)
  t.match(await poll(path(100)), { status: 429, response: { message: [/^Too many different filters are in use/] } })
  await emit(app, 'sales', { n: 3 })
  t.strictSame(data(await (open[3] as (typeof open)[number])), [{ n: 3 }])
  t.strictSame(data(await poll(path(3))), [{ n: 3 }])
  await app.close()
  await Promise.all(open)
})

t.test('a reader goes on after a restart of the server, which begins an epoch', async (t) => {
  const eventLog = { url: `file:${folder(t)}/events.db` }
  const first = await start(t, { eventLog })
  await emit(first.app, 'sales', 'first')
  const { log, after } = await first.poll('/sales?after=0&wait=60')
  await first.app.close()
  const { app, poll, waiting } = await start(t, { eventLog })
  const polled = poll(`/sales?after=${after}&log=${log}&wait=60`)
  await waiting(1)
  await emit(app, 'sales', 'second')
  t.match(await polled, { events: [{ data: 'second' }], complete: true })
})

t.test('a client that does not read its page is disconnected, and the others receive theirs', async (t) => {
  const { app, url, poll, waiting } = await start(t, { websocket: { stalledAfterMs: 3_000 } })
  await emit(app, 'sales', LARGE)
  const slow = get(`${url}/events/sales?wait=60`, { headers: { apikey: API_KEY } })
  const [response] = (await soonOnce(slow, 'response')) as [IncomingMessage]
  t.equal(response.statusCode, 200)
  t.match((await poll('/sales?wait=60')).events, [{ data: LARGE }])
  await waiting(0)
  await until(() => app.websocket.bufferedBytes === 0)
  t.match((await app.eventLog.metrics.stalled.get()).values, [{ value: 1 }])
  await t.rejects(text(response), 'it has not received all of it')
})
