import t, { type Test } from 'tap'
import { backends } from '../support/backends.ts'
import { API_KEY, listen } from '../support/build.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { replaysOf } from '../support/chaos.ts'
import { DOORS, resumingClient } from '../support/resuming-client.ts'
import { client, next, type Received, refusal } from '../support/sockets.ts'
import { startSqs, type TestSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const AUTH = { apikey: API_KEY }
const FOREIGN = { MESSAGES_UPSERT: { key: { fromMe: [false] } } }

async function start(t: Test, { url: database, sqs }: { url?: string; sqs?: TestSqs } = {}) {
  const emulator = sqs ?? (await startSqs(t))
  const { app, url } = await listen(t, {
    sqs: emulator.options,
    ...(database !== undefined && { eventLog: { url: database } })
  })
  const post = async (path: string, payload: object) => {
    const reply = await app.inject({ method: 'POST', url: path, headers: AUTH, payload })
    return { status: reply.statusCode, ...reply.json<Record<string, unknown>>() }
  }
  const send = (fromMe: boolean, text: string, event = 'messages.upsert') =>
    app.onInstanceEvent({ instance: 'sales', event, data: { key: { fromMe }, message: { text, base64: 'AAAA' } } })
  return { app, url, sqs: emulator, post, send }
}

/** Connects and receives what the log has. @returns `data` of the replayed events */
async function replayed(t: Test, url: string, auth: object = {}) {
  const { socket, received } = client(t, url, { auth: { ...AUTH, offset: 0, ...auth } })
  await next(socket, 'resumed')
  socket.disconnect()
  return received.flatMap(({ event, message }) => (event.startsWith('resum') ? [] : [message.data]))
}

/**
 * Connects a client of each door for each filter, from the first event of the log. @returns a function that waits until they have
 * as many events as expected and returns the texts by filter, which are the same at all doors
 */
async function clientsOf(t: Test, url: string, filters: readonly (object | undefined)[]) {
  const clients = filters.map((filter) =>
    DOORS.map((door) => resumingClient(t, url, { door, namespace: '/sales', apikey: API_KEY, offset: 0, filter }))
  )
  await until(() => clients.flat().every((received) => replaysOf(received).length > 0))
  const texts = (received: Received[]) =>
    received
      .filter(({ event }) => event !== 'resumed')
      .map(({ message }) => (message.data as ReturnType<typeof whole>).message.text)
  return async (expected: string[][]) => {
    const counts = expected.map(({ length }) => length)
    await until(() => clients.every((doors, n) => doors.every((one) => texts(one).length >= (counts[n] ?? 0))))
    return clients.map((doors) => {
      const [first = [], ...others] = doors.map(texts)
      for (const other of others) t.strictSame(other, first)
      return first
    })
  }
}

const whole = (fromMe: boolean, text: string) => ({ key: { fromMe }, message: { text, base64: 'AAAA' } })
const short = (fromMe: boolean, text: string) => ({ key: { fromMe }, message: { text } })

for (const backend of await backends(t)) {
  t.test(`${backend.name}: a selection keeps its filter over a restart, for queues and for sockets`, async (t) => {
    const sqs = await startSqs(t)
    const database = await backend.start(t)
    const content = { filter: FOREIGN, omit: ['data.message.base64'] }
    const selection = { enabled: true, events: ['MESSAGES_UPSERT', 'CALL'], ...content }
    const first = await start(t, { url: database, sqs })
    t.match(await first.post('/websocket/set/sales', { websocket: selection }), { status: 201, ...content })
    t.match(await first.post('/sqs/set/sales', selection), { status: 201, ...content })
    await first.send(true, 'own')
    await first.send(false, 'theirs')
    t.strictSame(await replayed(t, `${first.url}/sales`), [short(false, 'theirs')])
    await first.app.close()

    const { app, url, send } = await start(t, { url: database, sqs })
    const found = await app.inject({ url: '/sqs/find/sales', headers: AUTH })
    t.match(found.json(), content)
    const { socket, until: received } = client(t, `${url}/sales`, { auth: AUTH })
    await next(socket, 'connect')
    await send(true, 'own')
    await send(true, 'ringing', 'call')
    await send(false, 'later')
    t.match(await received(2), [
      { event: 'call', message: { data: short(true, 'ringing') } },
      { event: 'messages.upsert', message: { data: short(false, 'later') } }
    ])
    t.match(await sqs.bodies('sales_messages_upsert.fifo', 2), [
      { data: short(false, 'theirs') },
      { data: short(false, 'later') }
    ])
    t.match(await sqs.bodies('sales_call.fifo', 1), [{ data: short(true, 'ringing') }])
    t.equal(sqs.depth('sales_messages_upsert.fifo'), 0)
    t.match(
      (await app.inject({ url: '/events/sales', headers: AUTH })).json(),
      { events: [whole(true, 'own'), whole(false, 'theirs')].map((data) => ({ data })) },
      'the log has all of it'
    )
  })

  t.test(`${backend.name}: clients filter for themselves, the same live and in a replay, at all doors`, async (t) => {
    const { url, post, send } = await start(t, { url: await backend.start(t) })
    await post('/websocket/set/sales', { enabled: true })
    const filter = { key: { fromMe: [true] } }
    const live = await clientsOf(t, url, [undefined, filter])
    await send(false, 'theirs')
    await send(true, 'own')
    await send(true, 'own again')
    const expected = [
      ['theirs', 'own', 'own again'],
      ['own', 'own again']
    ]
    t.strictSame(await live(expected), expected)
    t.strictSame(await (await clientsOf(t, url, [undefined, filter]))(expected), expected)
  })

  t.test(
    `${backend.name}: a changed filter of a selection applies at once, live and in replays, at all doors`,
    async (t) => {
      const { url, post, send } = await start(t, { url: await backend.start(t) })
      await post('/websocket/set/sales', { enabled: true })
      const filters = [undefined, { message: { text: [{ prefix: 'a' }] } }]
      const live = await clientsOf(t, url, filters)
      const isSo = async (expectedLive: string[][], expectedReplay: string[][]) => {
        t.strictSame(await live(expectedLive), expectedLive, 'live')
        t.strictSame(await (await clientsOf(t, url, filters))(expectedReplay), expectedReplay, 'in a replay')
      }
      await send(true, 'a1')
      await send(false, 'b2')
      await send(false, 'a3')
      const before = [
        ['a1', 'b2', 'a3'],
        ['a1', 'a3']
      ]
      await isSo(before, before)
      await post('/websocket/set/sales', { enabled: true, filter: FOREIGN })
      await send(true, 'a4')
      await send(false, 'b5')
      await send(false, 'a6')
      const filtered = [
        ['a1', 'b2', 'a3', 'b5', 'a6'],
        ['a1', 'a3', 'a6']
      ]
      const foreign = [
        ['b2', 'a3', 'b5', 'a6'],
        ['a3', 'a6']
      ]
      await isSo(filtered, foreign)
      await post('/websocket/set/sales', { enabled: true, filter: null })
      await send(true, 'a7')
      const all = [
        ['a1', 'b2', 'a3', 'a4', 'b5', 'a6', 'a7'],
        ['a1', 'a3', 'a4', 'a6', 'a7']
      ]
      await isSo(
        filtered.map((texts) => [...texts, 'a7']),
        all
      )
    }
  )
}

t.test('a wrong filter of a socket is refused with its place', async (t) => {
  const { url, post } = await start(t)
  await post('/websocket/set/sales', { enabled: true })
  t.match(await refusal(t, `${url}/sales`, { auth: { ...AUTH, filter: { key: 1 } } }), {
    code: 'IEV_WS_INVALID',
    message: /^auth\.filter\.key must be a list of conditions/
  })
})

t.test('create takes a filter, and a wrong one is refused with its place', async (t) => {
  const { post, app } = await start(t)
  const content = { filter: { key: { fromMe: [false] } }, omit: ['data.a'] }
  t.match(await post('/instance/create', { instanceName: 'a', websocket: { enabled: true, ...content } }), {
    status: 201,
    websocket: content
  })
  const wrong = [
    [{ filter: { key: 1 } }, 'sqs.filter.key must be a list of conditions, such as ["text"], or an object of members'],
    [{ omit: ['a'] }, 'sqs.omit[0] must be the path of a member of data, such as data.message.base64']
  ] as const
  t.match(
    await Promise.all(
      wrong.map(([sqs]) => post('/instance/create', { instanceName: 'b', sqs: { enabled: true, ...sqs } }))
    ),
    wrong.map(([, message]) => ({ status: 400, code: 'IEV_FILTER_INVALID', response: { message: [message] } }))
  )
  t.equal(app.eventLog.instances.get('b'), undefined)
})

t.test('events without omitted members keep every digit, in queues and for clients', async (t) => {
  const { app, sqs, post } = await start(t)
  const selection = { enabled: true, events: ['CALL'], omit: ['data.secret'] }
  await post('/sqs/set/sales', selection)
  await post('/websocket/set/sales', selection)
  const event = '{"event":"call","data":{"secret":1,"n":12345678901234567890,"f":1.0,"z":-0}}'
  const headers = { ...AUTH, 'content-type': 'application/json' }
  await app.inject({ method: 'POST', url: '/events/sales', headers, payload: event })
  const data = '"data":{"n":12345678901234567890,"f":1.0,"z":-0},'
  const [message] = await sqs.receive('sales_call.fifo', 1)
  t.ok(message?.Body?.includes(data))
  t.ok((await app.inject({ url: '/events/sales?wait=1', headers: AUTH })).body.includes(data))
})

t.test('/ carries events as they are, whatever the selection of their instance', async (t) => {
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, { sqs: sqs.options, websocket: { globalEvents: true } })
  await app.websocket.set('sales', { enabled: true, filter: FOREIGN, omit: ['data.message'] })
  await app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data: whole(true, 'own') })
  t.strictSame(await replayed(t, url), [whole(true, 'own')])
  t.strictSame(await replayed(t, `${url}/sales`), [])
})

t.test('a pending event of an instance that was deleted is sent as it is', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const { app } = await listen(t, { sqs: options })
  await app.sqs.set('sales', { enabled: true, events: ['CALL'], omit: ['data.message'] })
  proxy.decide = () => ({ status: 503, code: 'ServiceUnavailable' })
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: whole(true, 'own') })
  await app.eventLog.instances.remove('sales')
  proxy.decide = () => undefined
  t.match(await sqs.bodies('sales_call.fifo', 1), [{ data: whole(true, 'own') }])
})
