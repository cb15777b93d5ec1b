import { connect as connectHttp2 } from 'node:http2'
import { Agent, request } from 'node:http'
import Fastify from 'fastify'
import t from 'tap'
import app from '../../app.ts'
import { API_KEY, bare, listen } from '../support/build.ts'
import { flood } from '../support/flood.ts'
import { soonOnce } from '../support/until.ts'

const OPTIONS = { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: false, docs: false, console: false } as const
const JSON_TYPE = { 'content-type': 'application/json' }

t.test('a request whose body never ends is answered, then its connection is closed', async (t) => {
  const { url } = await listen(t, { sqs: false })
  const cases: [line: string, headers: Record<string, string>, answer: RegExp][] = [
    [
      'POST /events/sales',
      { apikey: 'wrong', ...JSON_TYPE },
      /^HTTP\/1.1 401 .*connection: close\r\n.*IEV_UNAUTHORIZED/s
    ],
    [
      'POST /events/sales',
      { apikey: API_KEY, ...JSON_TYPE },
      /^HTTP\/1.1 413 .*connection: close\r\n.*IEV_BODY_TOO_LARGE/s
    ],
    [
      'POST /events/sales',
      { apikey: API_KEY, 'content-type': 'text/plain' },
      /^HTTP\/1.1 415 .*connection: close\r\n/s
    ],
    ['PUT /instance/token/sales', {}, /^HTTP\/1.1 401 .*connection: close\r\n/s],
    ['GET /health', {}, /^HTTP\/1.1 200 .*connection: close\r\n.*\{"status":"ok"\}/s],
    ['GET /console/', {}, /^HTTP\/1.1 200 .*connection: close\r\n/s],
    ['POST /socket.io/?EIO=4&transport=polling&sid=none', {}, /^HTTP\/1.1 400 .*Session ID unknown/s],
    ['POST /socket.io/?EIO=4&transport=fax', {}, /^HTTP\/1.1 400 .*Transport unknown/s]
  ]
  const floods = cases.map(async ([line, headers, answer]) => {
    const flooded = await flood(t, url, line, headers)
    t.equal(flooded.end, 'closed', line)
    t.match(flooded.answer, answer, line)
  })
  await Promise.all(floods)
})

t.test(
  'a request that a hook of the host refuses is answered, then its connection is closed, though its body never ends',
  async (t) => {
    const host = bare(t)
    host.addHook('onRequest', (_request, reply, done) => {
      if (reply.request.headers.refuse === 'by an error')
        done(Object.assign(new Error('too many'), { statusCode: 429 }))
      else reply.code(403).send('no')
    })
    await host.register(app, OPTIONS)
    const url = await host.listen({ port: 0, host: '127.0.0.1' })
    const byError = await flood(t, url, 'POST /events/sales', { refuse: 'by an error' })
    t.match(byError, { end: 'closed', answer: /^HTTP\/1.1 429 .*connection: close\r\n.*too many/s })
    t.match(await flood(t, url, 'POST /events/sales'), { end: 'closed', answer: /^HTTP\/1.1 403 / })
  }
)

t.test('a client that sends ten megabytes receives the refusal', async (t) => {
  const { url } = await listen(t, { sqs: false })
  const body = JSON.stringify({ event: 'call', data: 'x'.repeat(9_000_000) })
  const headers = { apikey: 'wrong', ...JSON_TYPE }
  const replies = Array.from({ length: 5 }, async () => fetch(`${url}/events/sales`, { method: 'POST', headers, body }))
  t.same(new Set((await Promise.all(replies)).map(({ status }) => status)), new Set([401]))
})

t.test('a client whose small body is refused keeps its connection', async (t) => {
  const host = bare(t)
  host.addHook('onRequest', (request, _reply, done) =>
    done(request.headers.refuse ? Object.assign(new Error('busy'), { statusCode: 503 }) : undefined)
  )
  await host.register(app, OPTIONS)
  const url = await host.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  for (const [headers, status] of [
    [{ refuse: 'yes' }, 503],
    [{ apikey: 'wrong' }, 401],
    [{ apikey: API_KEY }, 202]
  ] as const) {
    const asked = request(`${url}/events/sales`, { method: 'POST', agent, headers: { ...JSON_TYPE, ...headers } })
    asked.end('{"event":"call","data":1}')
    const [reply] = (await soonOnce(asked, 'response')) as [import('node:http').IncomingMessage]
    t.equal(reply.statusCode, status)
    t.equal(asked.reusedSocket, status !== 503, 'all requests use the first connection')
    reply.resume()
    await soonOnce(reply, 'end')
  }
})

t.test('over HTTP/2 only the stream of a refused request ends, not its connection', async (t) => {
  const host = Fastify({ http2: true })
  t.after(() => host.close())
  await host.register(app, OPTIONS)
  const session = connectHttp2(await host.listen({ port: 0, host: '127.0.0.1' }))
  t.after(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ':path': '/events/sales', apikey: 'wrong', ...JSON_TYPE })
  const chunk = Buffer.alloc(65_536, 32)
  const send = () => {
    while (stream.writable && stream.write(chunk));
  }
  stream.on('drain', send)
  send()
  const [headers] = (await soonOnce(stream, 'response')) as [{ ':status': number; connection?: string }]
  t.match(headers, { ':status': 401, connection: undefined })
  stream.resume()
  await soonOnce(stream, 'close')
  const next = session.request({ ':path': '/health' })
  t.match((await soonOnce(next, 'response'))[0], { ':status': 200 })
})
