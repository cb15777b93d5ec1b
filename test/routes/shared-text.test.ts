import t from 'tap'
import { API_KEY, bare, build } from '../support/build.ts'
import app from '../../app.ts'

const PATHS = ['/docs/json', '/docs/yaml', '/docs/asyncapi', '/docs/asyncapi.json']

t.test('documents are built once, and clients that have the same copy get a 304', async (t) => {
  const server = await build(t, { docs: true, sqs: { region: 'us-east-1' } })
  for (const url of PATHS) {
    const first = await server.inject({ url, headers: { host: 'hub.example' } })
    t.equal(first.statusCode, 200, url)
    t.equal(first.headers['cache-control'], 'no-cache')
    const etag = String(first.headers.etag)
    const headers = { host: 'hub.example', 'if-none-match': `"another", ${etag}` }
    const again = await server.inject({ url, headers })
    t.match(again, { statusCode: 304, body: '', headers: { etag } }, url)
    const whole = await server.inject({ url, headers: { host: 'hub.example', 'if-none-match': '"another"' } })
    t.equal(whole.body, first.body, url)
  }
})

t.test('a document that names the host differs for each host and protocol', async (t) => {
  const server = bare(t, { trustProxy: true })
  await server.register(app, { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: false })
  const ask = async (url: string, host: string, protocol: string) =>
    server.inject({ url, headers: { host, 'x-forwarded-proto': protocol } })
  for (const url of ['/docs/asyncapi', '/docs/asyncapi.json']) {
    const replies = [
      await ask(url, 'one.example', 'http'),
      await ask(url, 'two.example', 'http'),
      await ask(url, 'one.example', 'https')
    ]
    t.equal(new Set(replies.map(({ headers }) => headers.etag)).size, 3, url)
    t.equal(new Set(replies.map(({ body }) => body)).size, 3, url)
    t.notMatch(replies.map(({ body }) => body).join(), /the-host\.invalid/)
  }
  t.match((await ask('/docs/asyncapi.json', '"quoted', 'https')).json(), {
    servers: { websocket: { host: '"quoted', protocol: 'wss' } }
  })
})

t.test('requests with a hundred different hosts build the document once', async (t) => {
  const server = await build(t, { docs: true, sqs: false })
  let read = 0
  const { events } = server.eventLog.catalogue
  Object.defineProperty(server.eventLog.catalogue, 'events', { get: () => (read++, events) })
  await server.inject('/docs/asyncapi.json')
  const once = read
  t.ok(once > 0)
  for (let host = 0; host < 100; host++)
    await server.inject({ url: '/docs/asyncapi', headers: { host: `${host}.example` } })
  t.equal(read, once)
})
