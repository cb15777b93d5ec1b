import { styleText } from 'node:util'
import t, { type Test } from 'tap'
import { Interrupted } from '../../lib/cli/failure.ts'
import type { AppOptions } from '../../app.ts'
import { API_KEY, listen } from '../support/build.ts'
import { cli, type CliWorld } from '../support/cli.ts'
import { startFakeHub } from '../support/fake-hub.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

/** A server whose instance `sales` has sockets, behind a proxy. */
async function start(t: Test, options: Partial<AppOptions> = {}) {
  const { app, url } = await listen(t, { sqs: false, ...options })
  await app.websocket?.set('sales', { enabled: true, events: ['CALL', 'LABELS_EDIT'] })
  const proxy = await startTcpProxy(t, url)
  return { app, url: proxy.url, proxy }
}

/** A `tail` that runs until `stop`, at the latest until the end of the test. */
function follow(t: Test, url: string, args: string[], world: CliWorld = {}) {
  const ending = new AbortController()
  const out: string[] = []
  const errors: string[] = []
  const running = cli(['tail', ...args], {
    env: { IEV_URL: url, API_KEY },
    out: (line) => out.push(line),
    error: (line) => errors.push(line),
    signal: ending.signal,
    ...world
  })
  const stop = async () => {
    ending.abort(new Interrupted(130))
    return (await running).code
  }
  t.after(stop)
  return { out, errors, stop }
}

const sockets = (app: Awaited<ReturnType<typeof start>>['app']) => app.io.engine.clientsCount

t.test('each event is printed on a line as it happens, until Ctrl-C', async (t) => {
  const { app, url } = await start(t)
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'before' })
  const { out, errors, stop } = follow(t, url, ['sales', '--since', '0'])
  await until(() => out.length === 1)
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: { text: 'a\u001b[31m\u009b\u202e' } })
  await app.onInstanceEvent({ instance: 'sales', event: 'labels.edit', data: 'x'.repeat(500) })
  await until(() => out.length === 3)
  t.match(out, [
    /^\d{4}-\S+Z {2}1 {2}sales {2}call {2}"before"$/,
    / {2}2 {2}sales {2}call {2}\{"text":"a\\u001b\[31m\\u009b\\u202e"\}$/,
    / {2}3 {2}sales {2}labels\.edit {2}"x{158}…$/
  ])
  t.equal(await stop(), 0, 'an interrupted tail has succeeded')
  t.same(errors, [])
  await until(() => sockets(app) === 0)
})

t.test('only events that pass the filter are printed', async (t) => {
  const { app, url } = await start(t)
  for (const from of ['a', 'b', 'a']) await app.onInstanceEvent({ instance: 'sales', event: 'call', data: { from } })
  const { out } = follow(t, url, ['sales', '--since', '0', '--filter', '{"from":["a"]}'])
  await until(() => out.length === 2)
  t.match(out, [/ {2}1 {2}sales/, / {2}3 {2}sales/])
})

t.test('control characters and invisible characters are escaped, and the JSON is the same', async (t) => {
  const { app, url } = await start(t)
  const text = '\u001b[31m\u007f\u009b\u061c\u200b\u200e\u2028\u2029\u202e\u2066\ufeff'
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: { text } })
  const plain = follow(t, url, ['sales', '--since', '0'])
  const json = follow(t, url, ['sales', '--since', '0', '--json'])
  await until(() => plain.out.length === 1 && json.out.length === 1)
  for (const [line] of [plain.out, json.out] as [string][]) t.match(line, /^[ -~]+$/)
  t.match(JSON.parse(json.out[0] as string), { data: { text } })
})

t.test('only selected events are printed, as JSON or in colours', async (t) => {
  const { app, url } = await start(t, { websocket: { globalEvents: true } })
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  await app.onInstanceEvent({ instance: 'other', event: 'labels.edit', data: 2 })
  const json = follow(t, url, ['--json', '--since', '0', '--events', 'labels.edit, CREDS_UPDATE'])
  const coloured = follow(t, url, ['--since', '0'], { colours: true })
  const latest = follow(t, url, ['--since', 'latest'])
  await until(() => json.out.length === 1 && coloured.out.length === 2 && sockets(app) === 3)
  t.match(JSON.parse(json.out[0] as string), { event: 'labels.edit', instance: 'other', data: 2, offset: 2 })
  t.match(coloured.out[0], styleText('cyan', 'call', { validateStream: false }))
  t.same(latest.out, [], 'latest begins at the end of the log')
})

t.test('a lost connection is reported, and resumed without a gap', async (t) => {
  const { app, url, proxy } = await start(t)
  const { out, errors, stop } = follow(t, url, ['sales', '--since', '0'])
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  await until(() => out.length === 1)
  const target = proxy.target
  proxy.target = 'http://127.0.0.1:1'
  proxy.drop(() => true)
  await until(() => errors.length === 1)
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 2 })
  proxy.target = target
  await until(() => out.length === 2 && errors.length === 2)
  t.match(errors, [/^Connection lost \(transport /, 'Connected; 1 event arrived in the meantime.'])
  t.match(out[1], / {2}2 {2}sales {2}call {2}2$/)
  t.equal(await stop(), 0)
})

t.test('a temporary refusal is printed with its reason and the time of the next attempt', async (t) => {
  const hub = await startFakeHub(t)
  hub.refuse = (attempt) =>
    attempt <= 2
      ? { code: `IEV_WS_${attempt === 1 ? 'RATE_LIMITED' : 'TOO_MANY_SOCKETS'}`, message: 'Too many', retryAfterMs: 20 }
      : undefined
  hub.server.on('request', (request, reply) => {
    if (request.url === '/server') reply.end('{"websocket":{"path":"/socket.io"}}')
  })
  const { errors, stop } = follow(t, new URL('/', hub.url).href.replace('ws:', 'http:'), ['sales'])
  await until(() => errors.length === 3)
  t.match(errors, [
    /^Too many \(IEV_WS_RATE_LIMITED\)\nThe next attempt is in 1 s, at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.$/,
    /^Too many \(IEV_WS_TOO_MANY_SOCKETS\)\nThe next attempt is in 1 s, at \S+Z\.$/,
    'Connected; 0 events arrived in the meantime.'
  ])
  t.equal(await stop(), 0)
})

t.test('a log that has lost events after the offset is reported', async (t) => {
  const { url } = await start(t)
  const { errors } = follow(t, url, ['sales', '--since', '1000'])
  await until(() => errors.length === 1)
  t.match(errors, ['Events are missing: the log no longer has all events after that offset.'])
})

t.test('a refusal is printed with a remedy', async (t) => {
  const { app, url } = await start(t)
  await app.eventLog.instances.create({ name: 'own', token: 'own-token' })
  const run = (args: string[], env = {}) => cli(['tail', ...args], { env: { IEV_URL: url, API_KEY, ...env } })
  t.match(await run([]), {
    code: 1,
    error:
      /\(IEV_WS_DISABLED\)\nName an instance, or start the server with global events \(standalone: WEBSOCKET_GLOBAL_EVENTS=true\)/
  })
  t.match(await run(['own']), {
    code: 1,
    error: /\(IEV_WS_NOT_SET\)\nSelect its events: npx fastify-instance-events set websocket own --all/
  })
  await app.websocket.set('own', { enabled: false })
  t.match(await run(['own']), { code: 1, error: /\(IEV_WS_DISABLED\)\nSelect its events/ })
  t.match(await run(['sales'], { API_KEY: 'own-token' }), {
    code: 1,
    error: /\(IEV_WS_UNAUTHORIZED\)\nSet the right key/
  })
  t.match(await run(['sales', '--events', 'nonsense']), { code: 1, error: /\(IEV_WS_INVALID\)$/ })
  t.match(await run(['sales'], { API_KEY: '' }), { code: 1, error: /\(IEV_UNAUTHORIZED\)/ })
  t.match(await run(['sales'], { API_KEY: 'nobody-s' }), { code: 1, error: /\(IEV_UNAUTHORIZED\)/ })
  t.match(await run(['sales'], { IEV_URL: 'http://127.0.0.1:1' }), { code: 1, error: /Cannot reach the server/ })
  const without = await start(t, { websocket: false })
  t.match(await run(['sales'], { IEV_URL: without.url }), {
    code: 1,
    error: 'The server has no WebSocket transport: start it with one (standalone: WEBSOCKET_ENABLED=true)'
  })
})

t.test('an error while printing ends the command', async (t) => {
  const { app, url } = await start(t)
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  const out = () => {
    throw new Error('nobody listens')
  }
  t.match(await cli(['tail', 'sales', '--since', '0'], { env: { IEV_URL: url, API_KEY }, out }), {
    code: 1,
    error: /^Error: nobody listens\n/
  })
})
