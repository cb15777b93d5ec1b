import { io } from 'socket.io-client'
import t from 'tap'
import app from '../../app.ts'
import { API_KEY, bare, folder, listen } from '../support/build.ts'
import { connect, next, refusal } from '../support/sockets.ts'
import { soon } from '../support/until.ts'

const headers = { apikey: API_KEY }

t.test('the client example of Evolution API’s documentation runs as it is', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('instance', { enabled: true })
  const host = url.replace('http://', '')

  const socket = io(`ws://${host}/instance`, { transports: ['websocket'], extraHeaders: { apikey: API_KEY } })
  t.after(() => void socket.disconnect())
  await next(socket, 'connect')
  const heard = next(socket, 'messages.upsert')
  await app.onInstanceEvent({ instance: 'instance', event: 'messages.upsert', data: { text: 'Oi' } })
  const [message] = await heard

  t.match(message, { event: 'messages.upsert', instance: 'instance', data: { text: 'Oi' } })
  const gone = next(socket, 'disconnect')
  socket.disconnect()
  t.same((await gone)[0], 'io client disconnect')
})

t.test('in global mode a client on / receives the events of all instances, but no session secrets', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  const socket = await connect(t, url.replace('http', 'ws'), API_KEY)

  await app.onInstanceEvent({ instance: 'a', event: 'call', data: 1 })
  await app.onInstanceEvent({ instance: 'b', event: 'call', data: 2 })
  await app.onInstanceEvent({ instance: 'b', event: 'creds.update', data: 'secret' })
  await app.onInstanceEvent({ instance: 'a', event: 'call', data: 3 })

  t.same(
    (await socket.until(3)).map(({ message }) => [message.instance, message.data]),
    [
      ['a', 1],
      ['b', 2],
      ['a', 3]
    ]
  )
})

t.test('the key may come as auth, header or query, and over polling', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('instance', { enabled: true })
  for (const options of [
    { auth: { apikey: API_KEY } },
    { auth: {}, extraHeaders: { apikey: API_KEY } },
    { auth: {}, query: { apikey: API_KEY } },
    { auth: { apikey: API_KEY }, transports: ['polling'] },
    { auth: { token: API_KEY } },
    { auth: { apiKey: API_KEY } },
    { auth: {}, extraHeaders: { authorization: `Bearer ${API_KEY}` } },
    { auth: { apikey: API_KEY, token: 'of something else' } }
  ]) {
    const { socket } = await connect(t, `${url}/instance`, '', options)
    t.ok(socket.connected)
  }
})

t.test('a refused client receives the reason as a code', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  const create = (instanceName: string, token: string) =>
    app.inject({ method: 'POST', url: '/instance/create', headers, payload: { instanceName, token } })
  await create('mine', 'token-of-mine')
  await create('other', 'token-of-other')
  const mine = `${url}/mine`
  const auth = (apikey: string) => ({ auth: { apikey } })

  t.match(await refusal(t, mine, auth(API_KEY)), { code: 'IEV_WS_NOT_SET', message: /websocket\/set\/mine/ })
  t.match(await refusal(t, mine, auth('token-of-mine')), { code: 'IEV_WS_NOT_SET' })
  await app.websocket.set('mine', { enabled: true })
  t.match(await refusal(t, mine, auth('token-of-other')), { code: 'IEV_WS_UNAUTHORIZED' })
  t.match(await refusal(t, mine, auth('wrong')), { code: 'IEV_WS_UNAUTHORIZED' })
  t.match(await refusal(t, mine), { code: 'IEV_WS_UNAUTHORIZED', message: /^No key was sent: pass it as auth/ })
  t.match(await refusal(t, url), { code: 'IEV_WS_UNAUTHORIZED', message: /^No key was sent/ })
  t.match(await refusal(t, `${url}/nobody`, auth(API_KEY)), {
    code: 'IEV_WS_NOT_SET',
    message: 'There is no instance "nobody": check the name'
  })
  t.strictSame(
    await refusal(t, mine, auth('wrong')),
    await refusal(t, `${url}/nobody`, auth('wrong')),
    'a refusal of a wrong key does not tell whether the instance exists'
  )
  t.match(await refusal(t, url, auth('wrong')), { code: 'IEV_WS_UNAUTHORIZED' })
  await app.websocket.set('mine', { enabled: false })
  t.match(await refusal(t, mine, auth('token-of-mine')), { code: 'IEV_WS_DISABLED' })
  t.match(await refusal(t, `${url}/%E0%A4%A`, auth(API_KEY)), { code: 'IEV_WS_UNAUTHORIZED' }, 'an invalid name')
})

t.test('without global events, a key may connect to /, which says once that it carries none', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  await app.websocket.set('mine', { enabled: true })
  // As python-socketio does with a handler on `/`: both namespaces on one connection, where any refusal fails them all.
  const global = await connect(t, url, API_KEY, { auth: { apikey: API_KEY, offset: 0 } })
  const own = await connect(t, url, 'token-of-mine')
  const mine = await connect(t, `${url}/mine`, 'token-of-mine')
  await app.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  await mine.until(1)
  const left = next(own.socket, 'disconnect')
  await app.eventLog.instances.setToken('mine', 'newer')
  t.same((await left)[0], 'io server disconnect', 'with its token, as everywhere')
  const notice = { event: 'notice', message: { code: 'IEV_WS_DISABLED', message: /connect to \/<instance>/ } }
  t.match(global.received, [notice])
  t.match(own.received, [notice])
  t.ok(global.socket.connected)
})

t.test('a client of Socket.IO 2 is refused, counted, and logged', async (t) => {
  const lines: string[] = []
  const server = bare(t, { logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } } })
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const reply = await fetch(`${url}/socket.io/?EIO=3&transport=polling`)
  t.match(await reply.json(), { code: 5, message: 'Unsupported protocol version' })
  t.equal((await fetch(`${url}/socket.io/?EIO=4&transport=none`)).status, 400)
  t.match(lines, [/"address":"127.0.0.1","msg":"A client of Socket.IO 2 or older was refused/])
  const metrics = await (await fetch(`${url}/metrics`)).text()
  t.match(metrics.match(/^iev_websocket_refused_total.*$/gm), [
    'iev_websocket_refused_total{code="IEV_WS_OLD_CLIENT"} 1'
  ])
})

t.test('a key that is not a string is refused, and does not harm the server', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  await app.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  await app.websocket.set('mine', { enabled: true })
  const deep = JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`) as unknown
  for (const apikey of [{ toString: 1 }, ['token-of-mine'], [API_KEY], deep, 7, true, {}]) {
    for (const path of ['/mine', '/']) {
      t.match(await refusal(t, `${url}${path}`, { auth: { apikey } }), { code: 'IEV_WS_UNAUTHORIZED' })
    }
  }
  t.equal((await app.inject('/health')).statusCode, 200)
})

t.test('a token on / receives the events of its own instance only', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  await app.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  const own = await connect(t, url, 'token-of-mine')
  const all = await connect(t, url, API_KEY)

  for (const instance of ['other', 'mine', 'other', 'mine']) {
    await app.onInstanceEvent({ instance, event: 'call', data: instance })
  }

  await all.until(4)
  t.same(
    (await own.until(2)).map(({ message }) => message.instance),
    ['mine', 'mine']
  )
})

t.test('a client reconnects after a restart and receives events at once', async (t) => {
  const eventLog = { url: `file:${folder(t)}/events.db` }
  const first = await listen(t, { sqs: false, eventLog })
  const { port } = new URL(first.url)
  await first.app.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  await first.app.websocket.set('mine', { enabled: true })
  const { socket, until } = await connect(t, `${first.url}/mine`, 'token-of-mine', { reconnectionDelay: 50 })
  const lost = next(socket, 'disconnect')
  await first.app.close()
  t.same((await lost)[0], 'transport close', 'a reason after which clients reconnect')

  const back = next(socket, 'connect')
  const { app } = await listen(t, { sqs: false, eventLog, port: Number(port) })
  await back
  await app.onInstanceEvent({ instance: 'mine', event: 'call', data: 'again' })

  t.match(await until(1), [{ event: 'call', message: { data: 'again' } }])
})

t.test('a socket that is no longer authorized is disconnected at once', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  const { instances } = app.eventLog
  const open = async (path: string, key: string) => (await connect(t, `${url}${path}`, key)).socket
  const prepare = async () => {
    await app.websocket.set('mine', { enabled: true })
    return {
      byToken: await open('/mine', 'token-of-mine'),
      byTokenOnRoot: await open('/', 'token-of-mine'),
      byKey: await open('/mine', API_KEY),
      byKeyOnRoot: await open('/', API_KEY)
    }
  }
  await instances.create({ name: 'mine', token: 'token-of-mine' })

  await t.test('its transport is switched off', async (t) => {
    const { byToken, byTokenOnRoot, byKey, byKeyOnRoot } = await prepare()
    const cut = [byToken, byKey].map((socket) => next(socket, 'disconnect'))
    await app.websocket.set('mine', { enabled: false })
    for (const [reason] of await Promise.all(cut)) t.equal(reason, 'io server disconnect')
    t.ok(byTokenOnRoot.connected && byKeyOnRoot.connected, 'sockets on / stay connected')
  })

  await t.test('its token is replaced', async (t) => {
    const { byToken, byTokenOnRoot, byKey, byKeyOnRoot } = await prepare()
    const cut = [byToken, byTokenOnRoot].map((socket) => next(socket, 'disconnect'))
    const reply = await app.inject({ method: 'PUT', url: '/instance/token/mine', headers, payload: { token: 'newer' } })
    t.match(reply.json(), { hash: 'newer' })
    await Promise.all(cut)
    t.ok(byKey.connected && byKeyOnRoot.connected, 'sockets with the global key stay connected')
    await instances.setToken('mine', 'token-of-mine')
  })

  await t.test('its instance is deleted', async (t) => {
    const { byToken, byTokenOnRoot, byKey, byKeyOnRoot } = await prepare()
    const cut = [byToken, byTokenOnRoot, byKey].map((socket) => next(socket, 'disconnect'))
    await app.inject({ method: 'DELETE', url: '/instance/delete/mine', headers })
    await Promise.all(cut)
    t.ok(byKeyOnRoot.connected)
    t.match(await refusal(t, `${url}/mine`, { auth: { apikey: 'token-of-mine' } }), { code: 'IEV_WS_UNAUTHORIZED' })
  })
})

t.test('a client of an allowed host needs no key, unless it comes through a proxy', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { allowedHosts: ['127.0.0.1'] } })
  await app.websocket.set('mine', { enabled: true })
  const { socket } = await connect(t, `${url}/mine`, '', { auth: {} })
  t.ok(socket.connected)
  for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) {
    t.match(
      await refusal(t, `${url}/mine`, { extraHeaders: { [name]: '127.0.0.1' } }),
      { code: 'IEV_WS_UNAUTHORIZED' },
      name
    )
  }
  t.match(
    await refusal(t, `${url}/mine`, { auth: { apikey: 'wrong' } }),
    { code: 'IEV_WS_UNAUTHORIZED' },
    'a wrong key is refused'
  )
})

t.test('namespaces without sockets are removed', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('mine', { enabled: true })
  // Socket.IO has no public way to list its namespaces.
  // oxlint-disable-next-line no-underscore-dangle
  const names = () => [...(app.io as unknown as { _nsps: Map<string, unknown> })._nsps.keys()]
  const { socket } = await connect(t, `${url}/mine`, API_KEY)
  await refusal(t, `${url}/stranger`, { auth: { apikey: 'wrong' } })
  t.same(names(), ['/', '/mine'])

  const [server] = await app.io.of('/mine').fetchSockets()
  const left = new Promise((resolve) =>
    app.io
      .of('/mine')
      .sockets.get(server?.id ?? '')
      ?.once('disconnect', resolve)
  )
  socket.disconnect()
  await soon(left, 'a disconnect')
  await app.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  t.same(names(), ['/'], 'an event does not create a namespace')
  t.equal(app.websocket.connected, 0)
})

t.test('a namespace in another encoding than that of clients is refused', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  for (const name of ['mine', 'loja são/1']) await app.websocket.set(name, { enabled: true })
  for (const path of ['/%6Dine', '/m%69ne', '/loja%20s%C3%A3o%2f1', '/loja%20são%2F1', '/%6Coja são/1']) {
    t.match(await refusal(t, `${url}${path}`, { auth: { apikey: API_KEY } }), { code: 'IEV_WS_UNAUTHORIZED' }, path)
  }
  await connect(t, `${url}/loja%20s%C3%A3o/1`, API_KEY)
})

t.test('an encoded and a raw name with accents are the same instance', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  const name = 'loja são/1'
  await app.websocket.set(name, { enabled: true })
  const encoded = await connect(t, `${url}/${encodeURIComponent(name)}`, API_KEY)
  const raw = await connect(t, `${url}/${name}`, API_KEY)
  await app.onInstanceEvent({ instance: name, event: 'call', data: 1 })
  for (const { until } of [encoded, raw]) t.match(await until(1), [{ message: { instance: name } }])
})
