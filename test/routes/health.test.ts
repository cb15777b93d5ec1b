import t from 'tap'
import { bare, build } from '../support/build.ts'
import app from '../../app.ts'
import { API_KEY } from '../support/build.ts'

t.test('ready tells of each part, and asks each only now and then', async (t) => {
  const server = await build(t)
  let asked = 0
  const { status } = server.sqs
  server.sqs.status = () => {
    asked++
    return status.call(server.sqs)
  }
  for (let n = 0; n < 3; n++) {
    const reply = await server.inject('/ready')
    t.equal(reply.statusCode, 200)
    t.strictSame(reply.json(), {
      status: 'ready',
      checks: { eventStore: { ok: true }, sqs: { ok: true }, websocket: { ok: true } }
    })
  }
  t.equal(asked, 1)
})

t.test('a store that cannot be written, or a server that is closing, is not ready', async (t) => {
  const server = await build(t, { sqs: false })
  server.eventStore.store.check = () =>
    Promise.reject(Object.assign(new Error('disk full'), { code: 'IEV_BACKPRESSURE' }))
  const reply = await server.inject('/ready')
  t.equal(reply.statusCode, 503)
  t.match(reply.json(), {
    status: 'unavailable',
    checks: { eventStore: { ok: false, code: 'IEV_BACKPRESSURE', message: 'disk full' } }
  })

  const closing = await build(t, { sqs: false })
  closing.eventStore.stopIntake()
  t.equal((await closing.inject('/ready')).statusCode, 503)
  t.equal((await closing.inject('/health')).statusCode, 200)
})

t.test('/docs has every route, with its errors', async (t) => {
  const server = await build(t, { docs: true })
  const page = await server.inject('/docs')
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-type'], /html/)
  const { openapi, paths } = (await server.inject('/docs/json')).json<{
    openapi: string
    paths: Record<string, Record<string, { responses: object }>>
  }>()
  t.equal(openapi, '3.1.0')
  t.same(Object.keys(paths).sort(), [
    '/events',
    '/events/{instance}',
    '/health',
    '/instance/create',
    '/instance/delete/{instance}',
    '/instance/fetchInstances',
    '/instance/token/{instance}',
    '/metrics',
    '/overview',
    '/ready',
    '/server',
    '/sqs/deadletters',
    '/sqs/deadletters/redrive',
    '/sqs/find/{instance}',
    '/sqs/queues/{instance}',
    '/sqs/set/{instance}',
    '/webhook/evolution',
    '/webhook/evolution/{event}',
    '/websocket/find/{instance}',
    '/websocket/set/{instance}'
  ])
  t.same(Object.keys(paths['/sqs/set/{instance}']?.post?.responses ?? {}), [
    '201',
    '400',
    '401',
    '404',
    '409',
    '413',
    '415',
    '502',
    '503'
  ])
})

t.test('a host that has @fastify/swagger keeps it', async (t) => {
  const { default: swagger } = await import('@fastify/swagger')
  const server = bare(t)
  await server.register(swagger, { openapi: { info: { title: 'The host', version: '1' } } })
  await server.register(app, { apiKey: API_KEY, eventStore: { url: ':memory:' }, sqs: false })
  await server.ready()
  t.match(server.swagger(), { info: { title: 'The host' }, paths: { '/events/{instance}': {} } })
  t.equal((await server.inject('/docs/json')).statusCode, 404)
})
