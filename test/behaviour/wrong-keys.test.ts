import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import app, { type AppOptions } from '../../app.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, bare, listen } from '../support/build.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { connect, refusal } from '../support/sockets.ts'
import { until } from '../support/until.ts'

const LIMITED = { code: 'IEV_WS_RATE_LIMITED' }

/** A server that blocks an address after three wrong keys. */
function serve(t: Test, { eventLog, ...options }: Partial<AppOptions> = {}) {
  return listen(t, { sqs: false, ...options, eventLog: { wrongKeysPerMinute: 3, ...eventLog } })
}

/** Requests with a key, each over a connection of its own, or over one that is kept. */
function caller(url: string, agent?: Agent) {
  return (path: string, { key, ...options }: { key: string; method?: string; headers?: Record<string, string> }) =>
    new Promise<{ status: number | undefined; retryAfter: string | undefined; code: string | undefined }>(
      (resolve, reject) => {
        const headers = { apikey: key, ...options.headers }
        const asked = request(`${url}${path}`, { ...options, headers, agent: agent ?? false }, (response) => {
          const { statusCode: status, headers } = response
          text(response).then((body) => {
            const code = status === 200 ? undefined : (JSON.parse(body) as { code: string }).code
            resolve({ status, retryAfter: headers['retry-after'], code })
          }, reject)
        })
        asked.on('error', reject).end()
      }
    )
}

for (const backend of await backends(t)) {
  t.test(`${backend.name}: wrong keys of requests, webhooks and sockets are limited together`, async (t) => {
    const { app, url } = await serve(t, { eventLog: { url: await backend.start(t) } })
    await app.websocket.set('mine', { enabled: true })
    const call = caller(url)
    const unauthorized = { status: 401, code: 'IEV_UNAUTHORIZED' }
    t.match(await call('/events/mine', { key: 'guess 1' }), unauthorized)
    t.match(await refusal(t, `${url}/mine`, { auth: { apikey: 'guess 2' } }), { code: 'IEV_WS_UNAUTHORIZED' })
    t.match(await call('/events/mine', { key: API_KEY }), { status: 200 })
    t.match(await call('/webhook/evolution?apikey=guess%203', { key: '', method: 'POST' }), unauthorized)

    const blocked = { status: 429, code: 'IEV_TOO_MANY_REQUESTS', retryAfter: /^([1-9]|[1-5]\d|60)$/ }
    for (const key of ['guess 4', 'guess 1', API_KEY]) {
      t.match(await call('/events/mine', { key }), blocked)
      t.match(await call('/instance/fetchInstances', { key }), blocked)
      t.match(await call(`/webhook/evolution?apikey=${encodeURIComponent(key)}`, { key: '', method: 'POST' }), blocked)
      t.match(await call('/events/mine/stream', { key }), blocked)
      t.match(await refusal(t, `${url}/mine`, { auth: { apikey: key } }), LIMITED)
    }
    t.match(await call('/events/mine', { key: '' }), unauthorized, 'no key is not a guess')
    for (const path of ['/health', '/metrics']) t.equal((await fetch(url + path)).status, 200)
  })
}

t.test('one wrong key that is repeated blocks nobody', async (t) => {
  const { url } = await serve(t)
  const call = caller(url)
  for (let n = 0; n < 10; n++) t.match(await call('/events', { key: 'of yesterday' }), { status: 401 })
  t.match(await call('/events', { key: API_KEY }), { status: 200 })
})

t.test(
  'a connection with an accepted key keeps it while its address is blocked, until it brings another',
  async (t) => {
    const { app, url } = await serve(t)
    await app.websocket.set('mine', { enabled: true })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    const kept = caller(url, agent)
    const { socket } = await connect(t, `${url}/mine`, API_KEY)
    t.match(await kept('/events', { key: API_KEY }), { status: 200 })
    for (const n of [1, 2, 3]) await caller(url)('/events', { key: `guess ${n}` })
    t.match(await caller(url)('/events', { key: API_KEY }), { status: 429 })
    t.match(await kept('/events', { key: API_KEY }), { status: 200 })
    t.ok(socket.connected)
    t.match(await kept('/events', { key: 'guess 4' }), { status: 429 })
    t.match(await kept('/events', { key: API_KEY }), { status: 429 }, 'its key cannot be guessed on its connection')
  }
)

t.test('clients of a trusted proxy are limited by their own addresses, also on one connection', async (t) => {
  const server = bare(t, { trustProxy: 'loopback' })
  await server.register(app, {
    apiKey: API_KEY,
    sqs: false,
    docs: false,
    eventLog: { url: ':memory:', wrongKeysPerMinute: 2 },
    websocket: { trustProxy: ['loopback'] }
  })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  await server.websocket.set('mine', { enabled: true })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const call = caller(url, agent)
  const from = (address: string) => ({ 'x-forwarded-for': `198.51.100.1, ${address}` })
  const [attacker, neighbour, hub] = [from('2001:db8::1'), from('2001:db8::ffff'), from('2001:db8:1::1')]
  t.match(await call('/events', { key: 'guess 1', headers: attacker }), { status: 401 })
  t.match(await call('/events', { key: 'guess 2', headers: neighbour }), { status: 401 })
  t.match(await call('/events', { key: API_KEY, headers: hub }), { status: 200 })
  t.match(await call('/events', { key: API_KEY, headers: attacker }), { status: 429 }, 'that key is not of its own')
  t.match(await call('/events', { key: API_KEY, headers: hub }), { status: 200 })
  const sockets = { auth: { apikey: API_KEY }, extraHeaders: neighbour }
  t.match(await refusal(t, `${url}/mine`, sockets), LIMITED)
})

t.test('an address that is blocked is logged', async (t) => {
  const lines: string[] = []
  const server = bare(t, { logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } } })
  await server.register(app, {
    apiKey: API_KEY,
    sqs: false,
    websocket: false,
    docs: false,
    console: false,
    eventLog: { url: ':memory:', wrongKeysPerMinute: 1 }
  })
  await server.inject({ url: '/events', headers: { apikey: 'guess' } })
  t.match(
    lines.map((line) => JSON.parse(line) as unknown),
    [{ address: '127.0.0.1', msg: 'Too many wrong keys came from one address; if it is a proxy, set trustProxy' }]
  )
  t.notMatch(lines.join(), 'guess')
})

if (await havePostgres(t))
  t.test('an address that one node blocks is blocked on the other, for requests and sockets', async (t) => {
    const { url: database } = await startDatabase(t)
    const [one, other] = [
      await serve(t, { eventLog: { url: database } }),
      await serve(t, { eventLog: { url: database } })
    ]
    for (const n of [1, 2, 3]) await caller(one.url)('/events', { key: `guess ${n}` })
    await until(() => other.app.eventLog.wrongKeys.blockedMs('127.0.0.1') > 0)
    t.match(await caller(other.url)('/events', { key: API_KEY }), { status: 429 })
    t.match(await refusal(t, other.url, { auth: { apikey: API_KEY } }), LIMITED)
  })
