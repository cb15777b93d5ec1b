import type { FastifyInstance, InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import { HUB_NAMES } from '../../lib/hubs/hub.ts'
import { type Backend, backends } from '../support/backends.ts'
import { API_KEY, bare, build } from '../support/build.ts'
import { until } from '../support/until.ts'

const GLOBAL_ONLY: InjectOptions[] = [
  { method: 'POST', url: '/instance/create', payload: { instanceName: 'new' } },
  { method: 'PUT', url: '/instance/token/mine', payload: {} },
  { method: 'PUT', url: '/instance/silence/mine', payload: { afterMinutes: 5 } },
  { method: 'PUT', url: '/instance/limits/mine', payload: { limits: {} } },
  { method: 'GET', url: '/sqs/deadletters' },
  { method: 'GET', url: '/sqs/deadletters/groups' },
  { method: 'GET', url: '/sqs/deadletters/outcomes?ids=1' },
  { method: 'POST', url: '/sqs/deadletters/redrive', payload: { all: true } },
  { method: 'DELETE', url: '/sqs/deadletters?all=true' },
  { method: 'GET', url: '/events' },
  { method: 'GET', url: '/overview' },
  { method: 'GET', url: '/overview/history' },
  { method: 'GET', url: '/overview/instances' },
  { method: 'GET', url: '/overview/queues' },
  { method: 'POST', url: '/webhook/evolution', payload: { event: 'call', instance: 'mine', data: 1 } },
  { method: 'POST', url: '/webhook/waha', payload: { id: 'a', timestamp: 1, event: 'message', session: 'mine' } },
  { method: 'POST', url: '/webhook/evolution-go', payload: { event: 'Message', instanceName: 'mine' } },
  { method: 'POST', url: '/webhook/evolution/call', payload: { instance: 'mine', data: 1 } },
  { method: 'POST', url: '/webhook/evolution//call', payload: { instance: 'mine', data: 1 } }
]
const OF_INSTANCE: InjectOptions[] = [
  { method: 'POST', url: '/sqs/set/mine', payload: { enabled: false } },
  { method: 'GET', url: '/sqs/find/mine' },
  { method: 'GET', url: '/sqs/queues/mine' },
  { method: 'POST', url: '/websocket/set/mine', payload: { enabled: true } },
  { method: 'GET', url: '/websocket/find/mine' },
  { method: 'POST', url: '/events/mine', payload: { event: 'call', data: 1 } },
  { method: 'GET', url: '/events/mine' },
  { method: 'POST', url: '/events/mine/erase', payload: { ids: ['a'] } },
  { method: 'GET', url: '/events/mine/outcome?offset=1' },
  { method: 'GET', url: '/instance/backlog/mine' },
  { method: 'GET', url: '/instance/connectionState/mine' },
  { method: 'GET', url: '/instance/fetchInstances?instanceName=mine' }
]
/** Open to any key: the reply describes that key. */
const OF_KEY: InjectOptions[] = [{ method: 'GET', url: '/server' }]
/** Open without a key: the replies have no data of tenants. */
const OPEN = ['GET /console', 'GET /console/*', 'GET /health', 'GET /metrics', 'GET /ready']
const WRONG = { apikey: 'wrong' }
/** Of the instance as well, and the last request about it. */
const DELETION: InjectOptions[] = [{ method: 'DELETE', url: '/instance/delete/mine' }]
/** They have no end: tenancy-sockets.test.ts tries the keys that open them. */
const STREAMS: InjectOptions[] = [
  { method: 'GET', url: '/events/stream' },
  { method: 'GET', url: '/events/mine/stream' }
]
const ALL = [...GLOBAL_ONLY, ...OF_INSTANCE, ...OF_KEY, ...DELETION]

/** Makes each request with these headers. @returns a row for each: the request and the status of the reply */
async function statuses(server: FastifyInstance, requests: InjectOptions[], headers: Record<string, string>) {
  const rows: [request: string, status: number][] = []
  for (const request of requests)
    rows.push([titleOf(request), (await server.inject({ ...request, headers })).statusCode])
  return rows
}

/** Requests that nobody may make, changed from one that a key allows. */
const WITHOUT_KEY: Record<string, (request: InjectOptions) => InjectOptions> = {
  'no key': (request) => request,
  'an empty key': (request) => ({ ...request, headers: { apikey: '' } }),
  'a wrong key': (request) => ({ ...request, headers: WRONG }),
  'a wrong bearer': (request) => ({ ...request, headers: { authorization: 'Bearer wrong' } }),
  'an unknown instance': (request) => ({
    ...request,
    url: String(request.url).replace('mine', 'nobody'),
    headers: WRONG
  }),
  'a malformed body': (request) => ({
    ...request,
    payload: '{',
    headers: { ...WRONG, 'content-type': 'application/json' }
  })
}

function titleOf({ method, url }: InjectOptions): string {
  return `${method} ${String(url)}`
}

function all(requests: InjectOptions[], status: number): [request: string, status: number][] {
  return requests.map((request) => [titleOf(request), status])
}

async function twoTenants(t: Test, backend: Backend) {
  const server = await build(t, { eventLog: { url: await backend.start(t), events: { hubs: HUB_NAMES } } })
  await server.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  await server.eventLog.instances.create({ name: 'other', token: 'token-of-other' })
  return server
}

t.test('these tests try every route', async (t) => {
  const server = bare(t)
  const routes: string[] = []
  server.addHook('onRoute', ({ method, url }) => {
    // tenancy-sockets.test.ts tries the keys of sockets.
    if (url === '/socket.io/') return
    for (const verb of [method].flat()) if (verb !== 'HEAD') routes.push(`${verb} ${url}`)
  })
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  await server.ready()

  const listed = [...ALL, ...STREAMS].map(({ method, url }) => {
    const path = String(url)
      .split('?')[0]
      ?.replace('/mine', '/:instance')
      .replace('/evolution/call', '/evolution/:event')
      .replace('/evolution//call', '/evolution/*')
    return `${method} ${path}`
  })
  t.same(routes.sort(), [...listed, ...OPEN].sort())
})

for (const backend of await backends(t)) {
  t.test(
    `${backend.name}: requests without a key or with a wrong one get the same 401, whatever they ask for`,
    async (t) => {
      const server = await twoTenants(t, backend)
      const replies: { request: string; title: string; status: number; body: string; cache: unknown }[] = []
      for (const request of [...ALL, ...STREAMS]) {
        for (const [title, attempt] of Object.entries(WITHOUT_KEY)) {
          const { statusCode: status, body, headers } = await server.inject(attempt(request))
          replies.push({ request: titleOf(request), title, status, body, cache: headers['cache-control'] })
        }
      }
      const refusal = { status: 401, error: 'Unauthorized', code: 'IEV_UNAUTHORIZED', response: { message: [String] } }
      t.match(
        replies.map(({ body, ...reply }) => ({ ...reply, body: JSON.parse(body) as unknown })),
        replies.map(({ request, title }) => ({ request, title, status: 401, cache: 'no-store', body: refusal }))
      )
      const bodies = (wanted: string) => replies.filter(({ title }) => title === wanted).map(({ body }) => body)
      t.strictSame(
        bodies('an unknown instance'),
        bodies('a wrong key'),
        'a 401 does not tell whether an instance exists'
      )
    }
  )

  t.test(`${backend.name}: only webhooks accept the key in the query`, async (t) => {
    const server = await twoTenants(t, backend)
    const withKey = ALL.map((request) => {
      const url = String(request.url)
      return { ...request, url: `${url}${url.includes('?') ? '&' : '?'}apikey=${API_KEY}` }
    })
    t.strictSame(
      await statuses(server, withKey, {}),
      withKey.map((request) => [titleOf(request), request.url.startsWith('/webhook') ? 202 : 401])
    )
  })

  t.test(`${backend.name}: a token authorizes requests about its own instance only`, async (t) => {
    const server = await twoTenants(t, backend)
    const apikey = 'token-of-mine'
    const own = await statuses(server, OF_INSTANCE, { apikey })
    t.strictSame(
      own.filter(([, status]) => status >= 300),
      []
    )
    t.strictSame(await statuses(server, OF_INSTANCE, { authorization: `Bearer ${apikey}` }), own)
    t.strictSame(await statuses(server, OF_INSTANCE, { apikey: 'token-of-other' }), all(OF_INSTANCE, 401))
    t.strictSame(await statuses(server, DELETION, { apikey: 'token-of-other' }), all(DELETION, 401))
    t.strictSame(await statuses(server, GLOBAL_ONLY, { apikey }), all(GLOBAL_ONLY, 401))
    t.strictSame(await statuses(server, OF_KEY, { apikey }), all(OF_KEY, 200))
    t.notMatch((await server.inject({ url: '/server', headers: { apikey } })).body, /other/)
    const listed = await server.inject({ url: '/instance/fetchInstances', headers: { apikey } })
    t.same(
      listed.json<{ name: string }[]>().map(({ name }) => name),
      ['mine']
    )
    t.strictSame(await statuses(server, DELETION, { apikey }), all(DELETION, 200))
  })

  t.test(`${backend.name}: a replaced token and the token of a deleted instance are refused`, async (t) => {
    const server = await twoTenants(t, backend)
    const asMine = () => server.inject({ url: '/events/mine', headers: { apikey: 'token-of-mine' } })
    t.equal((await asMine()).statusCode, 200)
    await server.eventLog.instances.setToken('mine', 'newer')
    t.equal((await asMine()).statusCode, 401)
    await server.eventLog.instances.setToken('mine', 'token-of-mine')
    await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'secret of the first tenant' })
    await server.eventLog.instances.remove('mine')
    t.equal((await asMine()).statusCode, 401)

    await server.eventLog.instances.create({ name: 'mine', token: 'second-tenant' })
    const reply = await server.inject({ url: '/events/mine', headers: { apikey: 'second-tenant' } })
    t.same(
      reply.json<{ events: unknown[] }>().events,
      [],
      'a new instance of the same name has none of the events of the deleted one'
    )
  })

  t.test(`${backend.name}: a former token authorizes what the current one does, until its time is over`, async (t) => {
    const server = await twoTenants(t, backend)
    const { instances } = server.eventLog
    await instances.setToken('mine', 'newer', { keepOldForMs: 3_600_000 })
    const apikey = 'token-of-mine'
    const newer = await statuses(server, OF_INSTANCE, { apikey: 'newer' })
    t.strictSame(
      newer.filter(([, status]) => status >= 300),
      []
    )
    t.strictSame(await statuses(server, OF_INSTANCE, { apikey }), newer)
    t.strictSame(await statuses(server, OF_INSTANCE, { authorization: `Bearer ${apikey}` }), newer)
    t.strictSame(await statuses(server, GLOBAL_ONLY, { apikey }), all(GLOBAL_ONLY, 401))
    t.strictSame(await statuses(server, OF_KEY, { apikey }), all(OF_KEY, 200))
    const ofOther = OF_INSTANCE.map((request) => ({ ...request, url: String(request.url).replace('mine', 'other') }))
    t.strictSame(await statuses(server, ofOther, { apikey }), all(ofOther, 401))

    await instances.setToken('mine', 'newer', { keepOldForMs: 1 })
    await until(() => instances.require('mine').formerToken === null)
    t.strictSame(await statuses(server, [...OF_INSTANCE, ...OF_KEY, ...DELETION], { apikey }), [
      ...all(OF_INSTANCE, 401),
      ...all(OF_KEY, 401),
      ...all(DELETION, 401)
    ])
    t.strictSame(await statuses(server, OF_INSTANCE, { apikey: 'newer' }), newer)
    await instances.setToken('mine', 'newest', { keepOldForMs: 3_600_000 })
    t.strictSame(await statuses(server, DELETION, { apikey: 'newer' }), all(DELETION, 200))
    t.strictSame(await statuses(server, OF_INSTANCE, { apikey: 'newest' }), all(OF_INSTANCE, 401))
  })

  t.test(`${backend.name}: instances are listed without their tokens`, async (t) => {
    const server = await twoTenants(t, backend)
    const listed = await server.inject({ url: '/instance/fetchInstances', headers: { apikey: API_KEY } })
    t.notMatch(listed.body, /token-of-|hash/i)
  })
}
