import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SQSClient } from '@aws-sdk/client-sqs'
import { Manager } from 'socket.io-client'
import t from 'tap'
import { WebSocket } from 'ws'
import { isConsoleBuilt } from '../../routes/console.ts'
import { API_KEY, folder } from '../support/build.ts'
import { checkQueues } from '../support/chaos.ts'
import { connect, next } from '../support/sockets.ts'
import { consumer, startSqs } from '../support/sqs.ts'
import { call, spawnServer, startStandalone } from '../support/standalone.ts'
import { soonOnce, until as untilSo } from '../support/until.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 4

const post = (body: unknown, key: string) => ({ method: 'POST', key, body })

t.test('with nothing configured, events go to an emulated SQS and to sockets, also after a restart', async (t) => {
  const cwd = folder(t)
  const { url, sqs, apiKey, stop, output } = await startStandalone(t, { cwd })
  t.match(sqs, /^http:\/\/127\.0\.0\.1:\d+$/)
  await t.rejects(fetch(sqs.replace('127.0.0.1', '127.0.0.2')), 'the emulator listens on 127.0.0.1 only')
  t.equal(statSync(join(cwd, 'data/api-key')).mode & 0o777, 0o600)
  t.equal(statSync(join(cwd, 'data')).mode & 0o077, 0, 'only the owner may use the data folder')

  const created = await call(`${url}/instance/create`, post({ instanceName: 'sales' }, apiKey))
  t.equal(created.status, 201)
  const token = (created.body as { hash: string }).hash
  const set = await call(`${url}/sqs/set/sales`, post({ sqs: { enabled: true, events: ['MESSAGES_UPSERT'] } }, token))
  t.match(set, {
    status: 201,
    body: {
      enabled: true,
      events: ['MESSAGES_UPSERT'],
      queues: [{ name: 'sales_messages_upsert.fifo', url: `${sqs}/000000000000/sales_messages_upsert.fifo` }]
    }
  })
  t.match(await call(`${url}/websocket/set/sales`, post({ websocket: { enabled: true } }, token)), { status: 201 })
  const { until } = await connect(t, `${url}/sales`, token)

  const accepted = await call(`${url}/events/sales`, post({ event: 'messages.upsert', data: { text: 'Oi' } }, token))
  t.match(accepted, { status: 202, body: { id: String, offset: 1, duplicate: false } })

  t.match(await until(1), [
    { event: 'messages.upsert', message: { instance: 'sales', data: { text: 'Oi' }, offset: 1 } }
  ])
  const client = new SQSClient({
    endpoint: sqs,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' }
  })
  t.after(() => client.destroy())
  const { bodies } = consumer(client)
  for (const queue of ['sales_messages_upsert.fifo', 'global_messages_upsert.fifo']) {
    t.match(
      await bodies(queue, 1),
      [{ event: 'messages.upsert', data: { text: 'Oi' }, server_url: /^http:\/\/localhost:/ }],
      queue
    )
  }

  t.match(await call(url), {
    status: 200,
    body: { status: 200, manager: isConsoleBuilt() ? `${url}/console/` : undefined, documentation: `${url}/docs` }
  })
  t.equal(output().includes(`Console    ${url}/console`), isConsoleBuilt(), 'the banner names a console that is served')
  t.match(await call(`${url}/nothing`), { status: 404, body: { code: 'IEV_NOT_FOUND', error: 'Not Found' } })
  t.match(await call(`${url}/events/a/b`, post({ event: 'call', data: 1 }, apiKey)), {
    status: 404,
    body: { code: 'IEV_NOT_FOUND' }
  })
  t.match(
    await fetch(`${url}/chat/findChats/sales`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' }
    }).then((reply) => reply.json()),
    { status: 404, response: { message: [/^There is no route POST .* on this server: .* to the hub itself$/] } }
  )
  t.match(
    await fetch(`${url}/sales`, { headers: { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } }).then((reply) =>
      reply.json()
    ),
    { status: 404, response: { message: [/speaks Socket\.IO, which a plain WebSocket does not/] } }
  )
  const [plain] = (await once(new WebSocket(`${url.replace('http', 'ws')}/sales`), 'error')) as [Error]
  t.match(plain.message, 'Unexpected server response: 404')
  for (const path of ['/instance/fetchInstances/', '//instance//fetchInstances'])
    t.match(await call(`${url}${path}`, { key: token }), { body: [{ name: 'sales' }] }, path)
  t.match(await call(`${url}/events/${'a'.repeat(300)}`, post({}, apiKey)), {
    status: 400,
    body: { code: 'IEV_VALIDATION' }
  })
  t.match(await call(`${url}/nothing`, post('x'.repeat(1_100_000), apiKey)), {
    status: 413,
    body: { code: 'IEV_BODY_TOO_LARGE', response: { message: ['The body is larger than the limit of 1048576 bytes'] } }
  })
  t.match(await call(`${url}/ready`), { status: 200, body: { status: 'ready' } })
  await untilSo(() => output().includes('The shared queues are ready'))

  t.equal(await stop('SIGTERM'), 0)
  t.match(
    output(),
    /^\nfastify-instance-events is ready\n[^]*SQS is emulated in this process/,
    'the banner comes first'
  )
  t.match(output(), /"queues":32,"names":"global_<event>\.fifo","msg":"The shared queues are ready"/)
  t.notMatch(output(), /ExperimentalWarning/)
  const again = await startStandalone(t, { cwd })
  t.equal(again.apiKey, apiKey, 'the key stays')
  t.notOk(again.output().includes(apiKey), 'and is printed on the first start only')
  t.match(await call(`${again.url}/events/sales`, { key: token }), { body: { events: [{ data: { text: 'Oi' } }] } })
  t.equal(await again.stop('SIGINT'), 0)
})

t.test('after kill -9, the next start sends accepted events that were not sent, once and in order', async (t) => {
  const cwd = folder(t)
  const probe = await startSqs(t)
  const port = String(probe.server.port)
  await probe.server.stop()
  const env = {
    AUTHENTICATION_API_KEY: API_KEY,
    SQS_ENDPOINT: `http://127.0.0.1:${port}`,
    SQS_ACCESS_KEY_ID: 'a',
    SQS_SECRET_ACCESS_KEY: 'b',
    SQS_GLOBAL_EVENTS: 'CALL'
  }
  const first = await startStandalone(t, { cwd, env })
  const numbers = Array.from({ length: 120 }, (_, n) => n)
  const events = numbers.map((data) => ({ event: 'call', data }))
  t.match(await call(`${first.url}/events/sales`, post(events.slice(0, 100), API_KEY)), { status: 202 })
  t.equal(await first.stop('SIGKILL'), 'SIGKILL')

  const sqs = await startSqs(t, { port: Number(port) })
  const second = await startStandalone(t, { cwd, env })
  t.match(await call(`${second.url}/events/sales`, post(events.slice(100), API_KEY)), { status: 202 })
  await untilSo(() => sqs.depth('global_call.fifo') === 120)
  t.equal(await second.stop('SIGKILL'), 'SIGKILL')
  const third = await startStandalone(t, { cwd, env })
  t.match(await call(`${third.url}/events/sales`, post({ event: 'call', data: 'last' }, API_KEY)), { status: 202 })
  await untilSo(() => sqs.depth('global_call.fifo') === 121)
  checkQueues(t, sqs.server, { 'global_call.fifo': new Map([['sales', [...numbers, 'last']]]) })
})

t.test('the server runs with the variables that Evolution API documents', async (t) => {
  const sqs = await startSqs(t)
  const documented = {
    AUTHENTICATION_API_KEY: API_KEY,
    SQS_ENABLED: 'true',
    SQS_ACCESS_KEY_ID: 'a',
    SQS_SECRET_ACCESS_KEY: 'b',
    SQS_ACCOUNT_ID: '123456789012',
    SQS_REGION: 'us-east-1',
    WEBSOCKET_ENABLED: 'true',
    // This one is ours: the test has no AWS.
    SQS_ENDPOINT: sqs.options.endpoint
  }
  for (const global of ['true', 'false']) {
    const env = { ...documented, WEBSOCKET_GLOBAL_EVENTS: global }
    const { url, stop } = await startStandalone(t, { cwd: folder(t), env })
    const instance = `hub-${global}`
    await call(`${url}/websocket/set/${instance}`, post({ websocket: { enabled: true, events: ['CALL'] } }, API_KEY))
    const { until } = await connect(t, global === 'true' ? url : `${url}/${instance}`, API_KEY)
    await call(`${url}/webhook/evolution?apikey=${API_KEY}`, {
      method: 'POST',
      body: { event: 'call', instance, data: 1 }
    })
    t.match(await until(1), [{ event: 'call', message: { instance } }])
    t.match(await sqs.bodies('global_call.fifo', 1), [{ event: 'call', instance, server: 'instance-events' }])
    t.equal(await stop('SIGTERM'), 0)
  }
})

t.test('the log never contains a key from a URL, however its name is encoded', async (t) => {
  const env = { AUTHENTICATION_API_KEY: API_KEY, SQS_ENABLED: 'false', LOG_LEVEL: 'trace' }
  const { url, output, stop } = await startStandalone(t, { cwd: folder(t), env })
  const ask = async (path: string) => {
    // Unlike fetch, `get` sends a path unchanged.
    const [reply] = (await soonOnce(get(url, { path }), 'response')) as [IncomingMessage]
    return text(reply)
  }
  const paths = ['/websocket/find/a', '/health', '/events/a', '/nowhere', '/docs/json', '/instance/create', '/%E0%A4%A']
  const queries = ['apikey', '%61pikey', 'ApiKey', '%41PIKE%59'].flatMap((name) => [
    `?x=1&${name}=${API_KEY}&y=2`,
    `#${name}=${API_KEY}`,
    `?x=%ff;${name}=${API_KEY}`
  ])
  const urls = [...paths.map((path) => path + queries[0]), ...queries.map((query) => `/events/a${query}`)]
  const shown: string[] = []
  for (const path of urls) if ((await ask(path)).includes(API_KEY)) shown.push(path)
  t.same(shown, [], 'no reply contains the key')
  await ask(`/socket.io/?EIO=4&transport=polling&%61pikey=${API_KEY}`)
  const manager = new Manager(url, { reconnection: false })
  const socket = manager.socket(`/sales?apikey=${API_KEY}`)
  await next(socket, 'connect_error')
  socket.disconnect()
  await stop('SIGTERM')
  t.match(output(), '/events/a?x=1&apikey=[redacted]&y=2')
  t.match(output(), '/events/a?x=1&%61pikey=[redacted]&y=2')
  t.match(output(), '"namespace":"/sales?apikey=[redacted]"')
  // The banner shows a key only if the server generated it.
  t.notMatch(output(), API_KEY)
})

t.test('routes of a transport that is switched off answer 409', async (t) => {
  const env = {
    AUTHENTICATION_API_KEY: API_KEY,
    SQS_ENABLED: 'false',
    WEBSOCKET_ENABLED: 'false',
    DATABASE_URL: ':memory:'
  }
  const { url, sqs } = await startStandalone(t, { cwd: folder(t), env })
  t.equal(sqs, 'off')
  for (const transport of ['sqs', 'websocket']) {
    const set = await call(`${url}/${transport}/set/a`, post({ enabled: true }, API_KEY))
    t.match(set, {
      status: 409,
      body: { code: 'IEV_TRANSPORT_DISABLED', response: { message: [new RegExp(transport)] } }
    })
    const create = await call(
      `${url}/instance/create`,
      post({ instanceName: 'a', [transport]: { enabled: true } }, API_KEY)
    )
    t.match(create, { status: 409 })
  }
  t.match(await call(`${url}/ready`), { status: 200, body: { checks: { eventLog: { ok: true } } } })
})

t.test('an invalid setting is named, and the exit code is 1', async (t) => {
  const cwd = folder(t)
  writeFileSync(join(cwd, '.env'), 'SERVER_PORT=eighty\nSQS_QUEUE_TYPE=fast\nAUTHENTICATION_API_KEY=short\n')
  const { ended, output } = spawnServer(t, { cwd, env: { SERVER_PORT: 'ninety', SQS_ACCOUNT_ID: '12' } })
  t.equal(await ended(), 1)
  t.match(output(), /^The server was not started:\n/)
  t.match(
    output(),
    /SERVER_PORT: got "ninety", expected a whole number from 0 to 65535/,
    'the environment comes before .env'
  )
  t.match(output(), /SQS_QUEUE_TYPE: got "fast", expected one of fifo, standard/)
  t.match(output(), /SQS_ACCOUNT_ID: got "12", expected an AWS account number of 12 digits/)
  t.match(output(), /AUTHENTICATION_API_KEY: got an invalid value, expected the global key, 8 characters or more/)
  t.notMatch(output(), /short/, 'a key is not shown')
})
