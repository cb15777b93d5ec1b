import type { InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import { type Backend, backends } from '../support/backends.ts'
import { API_KEY, bare, build } from '../support/build.ts'

const GLOBAL_ONLY: InjectOptions[] = [
  { method: 'POST', url: '/instance/create', payload: { instanceName: 'new' } },
  { method: 'PUT', url: '/instance/token/mine', payload: {} },
  { method: 'DELETE', url: '/instance/delete/mine' },
  { method: 'GET', url: '/sqs/deadletters' },
  { method: 'POST', url: '/sqs/deadletters/redrive', payload: { all: true } },
  { method: 'DELETE', url: '/sqs/deadletters?all=true' },
  { method: 'GET', url: '/events' },
  { method: 'GET', url: '/overview' },
  { method: 'POST', url: '/webhook/evolution', payload: { event: 'call', instance: 'mine', data: 1 } },
  { method: 'POST', url: '/webhook/evolution/call', payload: { instance: 'mine', data: 1 } }
]
const OF_INSTANCE: InjectOptions[] = [
  { method: 'POST', url: '/sqs/set/mine', payload: { enabled: false } },
  { method: 'GET', url: '/sqs/find/mine' },
  { method: 'GET', url: '/sqs/queues/mine' },
  { method: 'POST', url: '/websocket/set/mine', payload: { enabled: true } },
  { method: 'GET', url: '/websocket/find/mine' },
  { method: 'POST', url: '/events/mine', payload: { event: 'call', data: 1 } },
  { method: 'GET', url: '/events/mine' },
  { method: 'GET', url: '/instance/fetchInstances?instanceName=mine' }
]
/** Any key: what is answered is about that key. */
const OF_KEY: InjectOptions[] = [{ method: 'GET', url: '/server' }]
/** No key: they show nothing of anyone. */
const OPEN = ['GET /console', 'GET /console/*', 'GET /health', 'GET /metrics', 'GET /ready']
const ALL = [...GLOBAL_ONLY, ...OF_INSTANCE, ...OF_KEY]

async function twoTenants(t: Test, backend: Backend) {
  const server = await build(t, { eventLog: { url: await backend.start(t) } })
  await server.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  await server.eventLog.instances.create({ name: 'other', token: 'token-of-other' })
  return server
}

t.test('every route is in one of the lists, or open to all', async (t) => {
  const server = bare(t)
  const routes: string[] = []
  server.addHook('onRoute', ({ method, url }) => {
    // The keys of sockets are another matter.
    if (url === '/socket.io/') return
    for (const verb of [method].flat()) if (verb !== 'HEAD') routes.push(`${verb} ${url}`)
  })
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  await server.ready()

  const listed = ALL.map(({ method, url }) => {
    const path = String(url)
      .split('?')[0]
      ?.replace('/mine', '/:instance')
      .replace('/evolution/call', '/evolution/:event')
    return `${method} ${path}`
  })
  t.same(routes.sort(), [...listed, ...OPEN].sort())
})

for (const backend of await backends(t)) {
  t.test(`${backend.name}: no key, and a wrong one: 401, and nothing else is learnt`, async (t) => {
    const server = await twoTenants(t, backend)
    for (const request of ALL) {
      for (const headers of [{}, { apikey: 'wrong' }, { authorization: 'Bearer wrong' }, { apikey: '' }]) {
        const reply = await server.inject({ ...request, headers })
        t.equal(reply.statusCode, 401, `${request.method} ${String(request.url)}`)
        t.match(reply.json(), { status: 401, error: 'Unauthorized', code: 'IEV_UNAUTHORIZED' })
        t.equal(reply.headers['cache-control'], 'no-store')
      }
      const missing = String(request.url).replace('mine', 'nobody')
      const [here, nowhere] = await Promise.all(
        [request.url, missing].map((url) =>
          server.inject({ ...request, url: String(url), headers: { apikey: 'wrong' } })
        )
      )
      t.equal(here?.body, nowhere?.body, 'whether the instance exists is not told')
      const malformed = await server.inject({
        ...request,
        payload: '{',
        headers: { apikey: 'wrong', 'content-type': 'application/json' }
      })
      t.equal(malformed.statusCode, 401, 'the key comes before the body')
    }
  })

  t.test(`${backend.name}: the key in the query opens the webhook only`, async (t) => {
    const server = await twoTenants(t, backend)
    for (const request of ALL) {
      const url = String(request.url)
      const reply = await server.inject({ ...request, url: `${url}${url.includes('?') ? '&' : '?'}apikey=${API_KEY}` })
      t.equal(reply.statusCode, url.startsWith('/webhook') ? 202 : 401, url)
    }
  })

  t.test(`${backend.name}: a token opens its own instance, not another, and nothing global`, async (t) => {
    const server = await twoTenants(t, backend)
    for (const request of OF_INSTANCE) {
      const own = await server.inject({ ...request, headers: { apikey: 'token-of-mine' } })
      t.ok(own.statusCode < 300, `own: ${request.method} ${String(request.url)} ${own.statusCode}`)
      const bearer = await server.inject({ ...request, headers: { authorization: 'Bearer token-of-mine' } })
      t.equal(bearer.statusCode, own.statusCode)
      const other = await server.inject({ ...request, headers: { apikey: 'token-of-other' } })
      t.equal(other.statusCode, 401, `other: ${request.method} ${String(request.url)}`)
    }
    for (const request of GLOBAL_ONLY) {
      const reply = await server.inject({ ...request, headers: { apikey: 'token-of-mine' } })
      t.equal(reply.statusCode, 401, `${request.method} ${String(request.url)}`)
    }
    for (const request of OF_KEY) {
      const reply = await server.inject({ ...request, headers: { apikey: 'token-of-mine' } })
      t.equal(reply.statusCode, 200, `${request.method} ${String(request.url)}`)
      t.notMatch(reply.body, /other/)
    }
    const all = await server.inject({ url: '/instance/fetchInstances', headers: { apikey: 'token-of-mine' } })
    t.match(all.json(), [{ name: 'mine' }])
    t.equal(all.json<unknown[]>().length, 1)
  })

  t.test(`${backend.name}: an old token, and one of a deleted instance, open nothing`, async (t) => {
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
      'the name given again does not show its predecessor’s events'
    )
  })

  t.test(`${backend.name}: instances are listed without their tokens`, async (t) => {
    const server = await twoTenants(t, backend)
    const listed = await server.inject({ url: '/instance/fetchInstances', headers: { apikey: API_KEY } })
    t.notMatch(listed.body, /token-of-|hash/i)
  })
}
