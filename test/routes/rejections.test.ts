import { once } from 'node:events'
import { request } from 'node:http'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import app from '../../app.ts'
import type { OverviewReply } from '../../lib/schemas/overview.ts'
import { API_KEY, bare, build, listen } from '../support/build.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY, 'content-type': 'application/json' }
const SECRET = 'nobody-may-read-this'

async function overview(server: FastifyInstance): Promise<OverviewReply> {
  return (await server.inject({ url: '/overview', headers: { apikey: API_KEY } })).json()
}

/** What is remembered, without times. */
async function rejected(server: FastifyInstance) {
  const { rejected } = await overview(server)
  return rejected
    .map(({ code, route, instance, address, count, message }) => ({ code, route, instance, address, count, message }))
    .sort((a, b) => `${a.code} ${a.route}`.localeCompare(`${b.code} ${b.route}`))
}

t.test(
  'each way in which a request with events can be wrong is counted and remembered, without key and body',
  async (t) => {
    const server = await build(t, { sqs: false, bodyLimit: 500, webhookUnknownEvents: 'refuse' })
    await server.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
    const post = async (url: string, payload: string | object, more = {}) =>
      server.inject({ method: 'POST', url, headers: { ...headers, ...more }, payload })
    const call = { event: 'call', instance: 'sales', data: 1 }
    const wrongKey = { apikey: SECRET }
    const statuses = [
      await post('/webhook/evolution', call, wrongKey),
      await post('/webhook/evolution', call, wrongKey),
      await post(`/webhook/evolution?apikey=${SECRET}`, call, { apikey: '' }),
      await post('/events/sales', call, { apikey: '' }),
      await post('/events/nobody', call, wrongKey),
      await post('/webhook/evolution', { ...call, event: 'messages.new' }),
      await post('/webhook/evolution/call-of-duty', { ...call, event: undefined }),
      await post('/webhook/evolution', { ...call, event: `x ${SECRET}` }),
      await post('/events/sales', { event: 'call', data: SECRET.repeat(100) }),
      await post('/events/sales', `{"event":"call","data":"${SECRET}`),
      await post('/events/sales', { event: 'call', data: 1, [SECRET]: 1 }, { apikey: 'token-of-sales' }),
      await post('/events/sales', { event: 'call', data: 1, dateTime: SECRET }),
      await post('/events/sales', SECRET, { 'content-type': SECRET }),
      await post('/events/sales', 'x', { 'content-encoding': SECRET }),
      await post('/webhook/evolution', { ...call, instance: '.' })
    ].map(({ statusCode }) => statusCode)
    t.strictSame(statuses, [401, 401, 401, 401, 401, 400, 400, 400, 413, 400, 400, 400, 415, 415, 400])

    const [own, events, byEvent] = ['/webhook/evolution', '/events/:instance', '/webhook/evolution/:event'].map(
      (path) => `POST ${path}`
    ) as [string, string, string]
    const entry = (code: string, route: string, instance: string | null, message: string, count = 1) => ({
      code,
      route,
      instance,
      address: '127.0.0.1',
      count,
      message
    })
    const WRONG = 'The key does not authorize this request'
    const NO_KEY = 'A key is required: header apikey, or Authorization: Bearer'
    const sort = (entries: ReturnType<typeof entry>[]) =>
      entries.map((one) => JSON.stringify(one)).sort((a, b) => a.localeCompare(b))
    t.strictSame(
      sort(await rejected(server)),
      sort([
        entry('IEV_UNAUTHORIZED', own, null, WRONG, 3),
        entry('IEV_UNAUTHORIZED', events, 'sales', NO_KEY),
        entry('IEV_UNAUTHORIZED', events, null, WRONG),
        entry('IEV_EVENT_UNKNOWN', own, 'sales', 'This server does not know the event', 2),
        entry('IEV_EVENT_UNKNOWN', byEvent, 'sales', 'This server does not know the event "call-of-duty"'),
        entry(
          'IEV_BODY_TOO_LARGE',
          events,
          'sales',
          'The body is larger than the limit of 500 bytes: send fewer events at a time, or media by link'
        ),
        entry('IEV_BODY_MALFORMED', events, 'sales', 'The body is not JSON'),
        entry('IEV_VALIDATION', events, 'sales', 'A part of the request is missing or wrong'),
        entry('IEV_EVENT_INVALID', events, 'sales', 'A member of an event is missing or wrong'),
        entry(
          'IEV_UNSUPPORTED_MEDIA_TYPE',
          events,
          'sales',
          'The body must be JSON: send content-type: application/json'
        ),
        entry('IEV_UNSUPPORTED_CONTENT_ENCODING', events, 'sales', 'The body must not be compressed'),
        entry('IEV_INSTANCE_NAME_INVALID', own, null, 'The name is not valid for an instance')
      ])
    )
    const { body } = await server.inject({ url: '/overview', headers })
    t.notOk(body.includes(SECRET))
    t.equal((await overview(server)).totals.rejected, 15)
    const metrics = (await server.inject('/metrics')).body
    t.notOk(metrics.includes(SECRET))
    t.match(metrics, 'iev_http_rejected_total{code="IEV_UNAUTHORIZED",route="POST /webhook/evolution"} 3')
  }
)

t.test('what is accepted is not counted', async (t) => {
  const server = await build(t, { sqs: false })
  await server.inject({ method: 'POST', url: '/events/sales', headers, payload: { event: 'call', data: 1 } })
  t.match(await overview(server), { totals: { rejected: 0 }, rejected: [], rejectedForgotten: 0 })
})

t.test('a tenant does not see what was rejected', async (t) => {
  const server = await build(t, { sqs: false })
  await server.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  t.equal((await server.inject({ url: '/overview', headers: { apikey: 'token-of-sales' } })).statusCode, 401)
})

t.test('requests without room, those of a full log and those that the host rejects are remembered', async (t) => {
  const server = bare(t)
  server.addHook('onRequest', async (incoming) => {
    if (incoming.headers['x-limited']) throw Object.assign(new Error(SECRET), { statusCode: 429, code: 'HOST_LIMIT' })
    if (incoming.headers['x-broken']) throw Object.assign(new Error(SECRET), { statusCode: 499 })
  })
  await server.register(app, {
    apiKey: API_KEY,
    docs: false,
    bodiesLimit: 100,
    eventLog: { url: ':memory:', maxPendingDeliveries: 1 },
    sqs: {
      endpoint: 'http://127.0.0.1:1',
      region: 'x',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      global: {}
    }
  })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const post = async (more = {}) =>
    (
      await fetch(`${url}/events/sales`, {
        method: 'POST',
        headers: { ...headers, ...more },
        body: '{"event":"call","data":1}'
      })
    ).status
  const arrived = once(server.server, 'request')
  const slow = request(`${url}/events/sales`, { method: 'POST', headers: { ...headers, 'content-length': 45 } })
  slow.on('error', () => {})
  slow.write('{')
  await arrived
  await until(async () => (await post()) === 503)
  slow.destroy()
  await until(() => slow.closed)
  await until(async () => (await post()) === 202)
  t.strictSame([await post(), await post({ 'x-limited': '1' }), await post({ 'x-broken': '1' })], [503, 429, 499])

  const seen = (await rejected(server)).map(({ code, message }) => [code, message])
  t.match(seen, [
    ['ECONNRESET', 'Bad Request'],
    ['HOST_LIMIT', 'Too Many Requests'],
    ['HTTP_499', 'HTTP_499'],
    ['IEV_BACKPRESSURE', /deliveries to SQS are pending, the limit is 1/],
    ['IEV_BACKPRESSURE', /45 bytes of other requests with events are in progress/]
  ])
})

t.test('what is rejected is logged once in a while, but not what a stopping server rejects', async (t) => {
  const lines: { code?: string; msg: string; level: number }[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) }
  const server = bare(t, { logger: { level: 'warn', stream } })
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  const post = async (apikey: string) =>
    server.inject({ method: 'POST', url: '/events/sales', headers: { apikey }, payload: { event: 'call', data: 1 } })
  for (let n = 0; n < 3; n++) await post(SECRET)
  server.eventLog.stopIntake()
  t.equal((await post(API_KEY)).statusCode, 503)
  const told = lines.filter(({ msg }) => msg === 'A request with events was rejected')
  t.match(told, [{ level: 40, code: 'IEV_UNAUTHORIZED', route: 'POST /events/:instance', address: '127.0.0.1' }])
  t.equal(told.length, 1)
  t.notOk(JSON.stringify(lines).includes(SECRET))
})

t.test('an address that a proxy forwards is remembered if the host trusts the proxy', async (t) => {
  const { url, app: server } = await listen(t, { sqs: false })
  await fetch(`${url}/events/sales`, { method: 'POST', headers: { 'x-forwarded-for': '203.0.113.7' } })
  t.match(await rejected(server), [{ address: '127.0.0.1' }])
})

t.test('a request whose connection is gone is listed without an address', async (t) => {
  const server = bare(t)
  server.addHook('onRequest', async ({ raw }) => {
    Object.defineProperty(raw.socket, 'remoteAddress', { value: undefined })
  })
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  await server.inject({ method: 'POST', url: '/events/sales', headers: { ...headers, apikey: SECRET }, payload: '{}' })
  t.match(await rejected(server), [{ code: 'IEV_UNAUTHORIZED', address: '', count: 1 }])
})
