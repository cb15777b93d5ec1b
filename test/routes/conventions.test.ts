import { gzipSync } from 'node:zlib'
import t from 'tap'
import app, { errors } from '../../app.ts'
import { answerError, answerNotFound } from '../../routes/conventions.ts'
import { API_KEY, bare, build } from '../support/build.ts'

t.test('a body without a content type is refused, and the message says that there was none', async (t) => {
  const server = await build(t, { sqs: false })
  const reply = await server.inject({
    method: 'POST',
    url: '/events/sales',
    headers: { apikey: API_KEY },
    payload: '{"event":"call","data":1}'
  })
  t.equal(reply.statusCode, 415)
  t.match(reply.json(), {
    code: 'IEV_UNSUPPORTED_MEDIA_TYPE',
    response: { message: [/application\/json \(got none\)/] }
  })
})

t.test('a body that is empty or no JSON is refused with its fault', async (t) => {
  const server = await build(t, { sqs: false })
  const post = async (payload: string) => {
    const headers = { apikey: API_KEY, 'content-type': 'application/json' }
    const reply = await server.inject({ method: 'POST', url: '/websocket/set/sales', headers, payload })
    const { status, code, response } = reply.json<{ status: number; code: string; response: { message: string[] } }>()
    return [reply.statusCode, status, code, ...response.message]
  }
  t.strictSame(await post(''), [400, 400, 'IEV_BODY_MALFORMED', 'The body is not JSON: it is empty'])
  const refused = (fault: string | RegExp) => [400, 400, 'IEV_BODY_MALFORMED', fault]
  t.strictSame(await post('{"enabled":'), refused('The body is not JSON: it ends too early'))
  t.strictSame(await post('{"enabled": yes}'), refused('The body is not JSON: unexpected "y" at byte 12'))
  t.match(await post('['.repeat(200)), refused(/^The body is not JSON: /), 'nested deeper than events may be')
})

t.test('an unknown route is 404 whatever its body is, and the reply says who may have it', async (t) => {
  const server = bare(t)
  server.setErrorHandler(answerError)
  server.setNotFoundHandler(answerNotFound)
  const ask = async (headers: Record<string, string>, payload?: string) => {
    const reply = await server.inject({
      method: 'POST',
      url: '/chat/find?apikey=secret',
      headers,
      ...(payload && { payload })
    })
    return [reply.statusCode, reply.json<{ response: { message: string[] } }>().response.message[0]]
  }
  const hub = [404, /^There is no route POST \/chat\/find on this server: .* to the hub itself$/]
  const json = { 'content-type': 'application/json' }
  t.match(
    [await ask({}), await ask(json), await ask(json, '{'), await ask({ 'content-type': 'text/xml' }, '<a/>')],
    [hub, hub, hub, hub]
  )
  t.match(await ask({ 'sec-websocket-key': 'a' }), [
    404,
    /this server speaks Socket\.IO, which a plain WebSocket does not/
  ])
  t.match(await ask(json, JSON.stringify('a'.repeat(1_048_576))), [413, /1048576 bytes/])
})

/** A route that reads settings, one that reads events, and a body that each accepts. */
const BODIES = [
  ['/websocket/set/sales', '{"enabled":true}', 201],
  ['/events/sales', '{"event":"call","data":1}', 202]
] as const

t.test('a compressed body is refused with its content encoding, unless the host decompresses it', async (t) => {
  const server = await build(t, { sqs: false })
  const headers = { apikey: API_KEY, 'content-type': 'application/json' }
  for (const [url, body, accepted] of BODIES) {
    const post = (payload: string | Buffer, encoding: string) =>
      server.inject({ method: 'POST', url, headers: { ...headers, 'content-encoding': encoding }, payload })
    const reply = await post(gzipSync(body), 'gzip')
    t.equal(reply.statusCode, 415, url)
    t.match(reply.json(), {
      code: 'IEV_UNSUPPORTED_CONTENT_ENCODING',
      response: { message: ['The body must not be compressed: send it without content-encoding (got gzip)'] }
    })
    t.match((await post('{', 'identity')).json(), { status: 400, code: 'IEV_BODY_MALFORMED' })
    t.equal((await post(body, 'gzip')).statusCode, accepted, 'as it is after a hook of the host has decompressed it')
  }
})

t.test('a byte order mark before a body is ignored', async (t) => {
  const server = await build(t, { sqs: false })
  const headers = { apikey: API_KEY, 'content-type': 'application/json' }
  for (const [url, body, accepted] of BODIES) {
    const post = async (payload: string) => (await server.inject({ method: 'POST', url, headers, payload })).statusCode
    t.strictSame(
      [await post(`\uFEFF${body}`), await post(`\uFEFF\uFEFF${body}`), await post('\uFEFF')],
      [accepted, 400, 400]
    )
  }
})

t.test('the refusal of a large body states the limit, and advice if the body has events', async (t) => {
  const server = await build(t, { sqs: false, bodyLimit: 1_000 })
  const post = async (url: string, length: number) => {
    const payload = { instanceName: 'x'.repeat(length) }
    const reply = await server.inject({ method: 'POST', url, headers: { apikey: API_KEY }, payload })
    return [reply.statusCode, ...reply.json<{ response: { message: string[] } }>().response.message]
  }
  t.strictSame(await post('/instance/create', 200_000), [413, 'The body is larger than the limit of 131072 bytes'])
  const told = 'The body is larger than the limit of 1000 bytes: send fewer events at a time, or media by link'
  for (const url of ['/events/sales', '/webhook/evolution']) t.strictSame(await post(url, 1_000), [413, told], url)
})

t.test('the refusal of a value that is not one of a choice lists the choice', async (t) => {
  const server = await build(t, { sqs: false })
  const reply = await server.inject({
    method: 'POST',
    url: '/events/sales',
    headers: { apikey: API_KEY },
    payload: { event: 'call', data: 1, sender: 7, transports: ['fax'] }
  })
  t.equal(reply.statusCode, 400)
  t.strictSame(reply.json<{ response: { message: string[] } }>().response.message, [
    'body.sender must be string or null',
    'body.transports.0 must be "sqs" or "websocket"'
  ])
})

t.test('a transport that is switched off answers 409 and stores nothing', async (t) => {
  const server = await build(t, { sqs: false, websocket: false })
  const post = async (url: string, payload: object) =>
    server.inject({ method: 'POST', url, headers: { apikey: API_KEY }, payload })
  for (const transport of ['sqs', 'websocket']) {
    const refusals = [
      await post(`/${transport}/set/sales`, { enabled: true }),
      await post('/instance/create', { instanceName: 'sales', [transport]: { enabled: true } })
    ]
    for (const reply of refusals) {
      t.equal(reply.statusCode, 409)
      t.match(reply.json(), {
        code: 'IEV_TRANSPORT_DISABLED',
        response: { message: [new RegExp(`^The ${transport} transport is switched off on this server`)] }
      })
    }
  }
  t.strictSame(server.eventLog.instances.list().toArray(), [])
})

t.test('a body whose length differs from its content-length is refused', async (t) => {
  const server = await build(t, { sqs: false })
  const reply = await server.inject({
    method: 'POST',
    url: '/events/sales',
    headers: { apikey: API_KEY, 'content-type': 'application/json', 'content-length': '9' },
    payload: '{"event":"call","data":1}'
  })
  t.match(reply.json(), { status: 400, code: 'IEV_VALIDATION', response: { message: [/Content-Length/] } })
})

t.test('an event that is refused because the server is shutting down is no error in the log', async (t) => {
  const lines: { level: number; msg: string; code?: string; err?: { code: string } }[] = []
  const server = bare(t, { logger: { stream: { write: (line) => void lines.push(JSON.parse(line)) } } })
  await server.register(app, { apiKey: API_KEY, docs: false, sqs: false, eventLog: { url: ':memory:' } })
  await server.ready()
  const post = async () => {
    const headers = { apikey: API_KEY }
    const reply = await server.inject({
      method: 'POST',
      url: '/events/sales',
      headers,
      payload: { event: 'call', data: 1 }
    })
    return [reply.statusCode, reply.json<{ code: string }>().code]
  }
  server.eventLog.store.log.append = () => Promise.reject(new errors.BackpressureError('disk full'))
  t.strictSame(await post(), [503, 'IEV_BACKPRESSURE'])
  server.eventLog.stopIntake()
  t.strictSame(await post(), [503, 'IEV_CLOSING'])
  t.match(
    lines.filter(({ code, err }) => code ?? err),
    [
      { level: 50, msg: 'A request failed', err: { code: 'IEV_BACKPRESSURE' } },
      { level: 30, msg: 'A request was refused, the server is shutting down', code: 'IEV_CLOSING' }
    ]
  )
})
