import type { EventEmitter } from 'node:events'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import type { WebsocketOptions } from '../../plugins/websocket.ts'
import { API_KEY, listen } from '../support/build.ts'
import { numbers } from '../support/resuming.ts'
import { rawListener, rawSocket } from '../support/raw-socket.ts'
import { connect, refusal } from '../support/sockets.ts'
import { call } from '../support/standalone.ts'
import { soonOnce, until } from '../support/until.ts'

const CODE = 'IEV_WS_TOO_MANY_SOCKETS'

/** Returns the server's end of the only connection. */
function serverEnd({ engine }: FastifyInstance['io']): EventEmitter {
  const { clients } = engine as unknown as { clients: Record<string, EventEmitter> }
  return Object.values(clients)[0] as EventEmitter
}

async function start(t: Test, websocket: WebsocketOptions) {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true, ...websocket } })
  await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  await app.eventLog.instances.create({ name: 'support', token: 'token-of-support' })
  for (const name of ['sales', 'support']) await app.websocket.set(name, { enabled: true })
  const faults = async () => ((await call(`${url}/overview`, { key: API_KEY })).body as { faults: object[] }).faults
  const metric = async (name: string) => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return Number(new RegExp(`^${name.replaceAll(/[{}]/g, '\\$&')} (\\d+)`, 'm').exec(text)?.[1])
  }
  return { app, url, faults, metric }
}

t.test(
  'the sockets of a token are limited, over all namespaces; the global key and other tokens are not affected',
  async (t) => {
    const { app, url, faults, metric } = await start(t, { maxSocketsPerInstance: 2 })
    t.strictSame(await faults(), [])
    const opened = [await connect(t, `${url}/sales`, 'token-of-sales'), await connect(t, url, 'token-of-sales')]
    const refused = await refusal(t, `${url}/sales`, { auth: { apikey: 'token-of-sales' } })
    t.match(refused, { code: CODE, message: /the token of "sales"/ })
    const { retryAfterMs = 0 } = refused
    t.ok(retryAfterMs >= 10_000 && retryAfterMs <= 20_000, `${retryAfterMs} ms`)
    t.match(await faults(), [{ component: 'websocket', code: CODE, message: /: 1\. .*"sales"/, since: String }])
    t.equal(await metric(`iev_websocket_refused_total{code="${CODE}"}`), 1)

    await connect(t, `${url}/sales`, API_KEY)
    await connect(t, `${url}/support`, 'token-of-support')
    for (const { socket } of opened) socket.disconnect()
    await until(() => app.websocket.connected === 2)
    for (const name of ['sales', '']) await connect(t, `${url}/${name}`, 'token-of-sales')
  }
)

t.test('a connection that connects to a namespace twice at once is closed', async (t) => {
  const { app, url } = await start(t, {})
  const joined: string[] = []
  app.io.of('/').on('connection', ({ id }) => joined.push(id))
  const raw = await rawSocket(t, url)
  const end = serverEnd(app.io)
  // In one turn: a packet is decoded before the one ahead of it has joined.
  for (let at = 0; at < 30; at++) end.emit('data', '0{"apikey":"token-of-sales"}')
  await raw.closed
  await until(() => app.websocket.connected === 0)
  t.strictSame(joined, [])
})

t.test('sockets that are joining count for the limit of their token', async (t) => {
  const { app, url } = await start(t, { maxSocketsPerInstance: 1 })
  const raw = await rawSocket(t, url)
  const end = serverEnd(app.io)
  for (const namespace of ['/sales,', '']) end.emit('data', `0${namespace}{"apikey":"token-of-sales"}`)
  t.match(await raw.packet(/^44/), new RegExp(CODE))
  await raw.packet(/^40\/sales/)
  t.equal(app.websocket.connected, 1)
})

t.test(
  'the connections of an address are limited, in a namespace or not, and further ones are refused with a code',
  async (t) => {
    const { app, url, faults, metric } = await start(t, { maxSocketsPerAddress: 2 })
    t.equal(app.io.connectTimeout(), 20_000, 'milliseconds in which a connection enters a namespace')
    const idle = await rawSocket(t, url)
    await connect(t, `${url}/sales`, API_KEY)
    t.match(await refusal(t, `${url}/sales`, { auth: { apikey: API_KEY } }), { code: CODE, retryAfterMs: Number })
    t.match(
      await refusal(t, `${url}/sales`, { auth: { apikey: API_KEY }, transports: ['polling'] }),
      { code: CODE },
      'over polling'
    )
    t.match(await faults(), [{ code: CODE, message: /from this address/ }])
    await until(async () => (await metric('iev_websocket_connections')) === 2)
    idle.ws.close()
    await until(async () => (await metric('iev_websocket_connections')) === 1)
    await connect(t, `${url}/sales`, API_KEY)
    t.equal(app.websocket.connected, 2)
  }
)

t.test('connections beyond the limit are closed, and far beyond it refused by HTTP', async (t) => {
  const { url, metric } = await start(t, { maxSocketsPerAddress: 1 })
  const [first, ...surplus] = await Promise.all(numbers(101).map(() => rawSocket(t, url)))
  t.ok(first)
  const handshake = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`
  const [error] = (await soonOnce(new WebSocket(handshake), 'error')) as [Error]
  t.match(error.message, /400/)
  const polled = await fetch(`${url}/socket.io/?EIO=4&transport=polling`)
  t.equal(polled.status, 403)
  t.match(await polled.json(), { message: new RegExp(`^${CODE}: `) })
  t.equal(await metric(`iev_websocket_refused_total{code="${CODE}"}`), 2)

  await Promise.all(surplus.map(({ closed }) => closed))
  t.equal(await metric('iev_websocket_connections'), 1)
  await first?.ws.close()
})

t.test('behind a trusted proxy the limit applies to the addresses in X-Forwarded-For', async (t) => {
  const { url } = await start(t, { maxSocketsPerAddress: 1, trustProxy: ['loopback'] })
  const from = (address: string) => ({ extraHeaders: { 'x-forwarded-for': address }, auth: { apikey: API_KEY } })
  await connect(t, `${url}/sales`, API_KEY, from('203.0.113.1'))
  await connect(t, `${url}/sales`, API_KEY, from('203.0.113.2'))
  t.match(await refusal(t, `${url}/sales`, from('203.0.113.1')), { code: CODE })
  await connect(t, `${url}/sales`, API_KEY, from('2001:db8:1:2::1'))
  t.match(
    await refusal(t, `${url}/sales`, from('2001:db8:1:2::2')),
    { code: CODE },
    'an IPv6 network counts as one address'
  )
})

t.test('a connection with several namespaces counts as one', async (t) => {
  const { app, url } = await start(t, { maxSocketsPerAddress: 1 })
  const auth = JSON.stringify({ apikey: API_KEY })
  const { ws, packet } = await rawListener(t, url, '/sales', { apikey: API_KEY })
  ws.send(`40/support,${auth}`)
  await packet(/^40\/support/)
  t.equal(app.websocket.connected, 2)
})
