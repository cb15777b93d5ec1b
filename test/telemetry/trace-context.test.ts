import { registerHooks } from 'node:module'
import { context, trace, TraceFlags, type Context, type ContextManager } from '@opentelemetry/api'
import t from 'tap'
import { isTraceparent, parseTraceparent } from '../../lib/telemetry/trace-context.ts'
import { API_KEY, bare, build, listen } from '../support/build.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import app from '../../app.ts'

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const OTHER = '00-aaaabbbbccccddddeeeeffff00001111-1234567890abcdef-00'
const headers = { apikey: API_KEY }

/** Makes one span the active one, as an instrumented program does; until the test is over. */
function activate(t: { after: (work: () => void) => void }, traceparent: string): void {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-')
  const traceFlags = flags === '01' ? TraceFlags.SAMPLED : TraceFlags.NONE
  let active: Context | undefined
  const manager: ContextManager = {
    active: () => active as Context,
    with: (_context, work, self, ...args) => work.apply(self, args),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager
  }
  active = trace.setSpanContext(context.active(), { traceId, spanId, traceFlags })
  context.setGlobalContextManager(manager)
  t.after(() => context.disable())
}

t.test('a traceparent header of any version is read, and an invalid one is ignored', async (t) => {
  t.equal(parseTraceparent(TRACE), TRACE)
  t.equal(parseTraceparent(`cc${TRACE.slice(2)}`), TRACE, 'a later version')
  t.equal(parseTraceparent(`cc${TRACE.slice(2)}-what-is-new`), TRACE, 'that has more')
  const wrong = [
    undefined,
    [TRACE, TRACE],
    '',
    `${TRACE}-more`,
    `ff${TRACE.slice(2)}`,
    TRACE.toUpperCase(),
    TRACE.slice(0, -1),
    `cc${TRACE.slice(2)}more`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`
  ]
  for (const header of wrong) t.equal(parseTraceparent(header), undefined, String(header))
  t.ok(isTraceparent(TRACE))
  t.notOk(isTraceparent(`cc${TRACE.slice(2)}`), 'written is version 00 alone')
})

t.test(
  'the trace of a request is in the messages of its events: in the queue, on the socket, in the log',
  async (t) => {
    const sqs = await startSqs(t)
    const { app: server, url } = await listen(t, { sqs: { ...sqs.options, global: { events: ['CALL'] } } })
    await server.websocket.set('sales', { enabled: true })
    const { until } = await connect(t, `${url}/sales`, API_KEY)
    const post = async (payload: object | object[], traceparent?: string) =>
      server.inject({
        method: 'POST',
        url: '/events/sales',
        headers: { ...headers, ...(traceparent && { traceparent }) },
        payload
      })
    t.equal((await post({ event: 'call', data: 1, extra: { isLatest: true } }, TRACE)).statusCode, 202)
    t.equal((await post({ event: 'call', data: 2, traceparent: OTHER }, TRACE)).statusCode, 202)
    t.equal((await post([{ event: 'call', data: 3 }], 'nonsense')).statusCode, 202)
    const webhook = { method: 'POST', url: '/webhook/evolution', headers: { ...headers, traceparent: TRACE } } as const
    const call = { instance: 'sales', event: 'call', data: 4 }
    t.equal((await server.inject({ ...webhook, payload: call })).statusCode, 202)
    const byEvent = { ...webhook, url: '/webhook/evolution/call' }
    t.equal((await server.inject({ ...byEvent, payload: { ...call, data: 5, traceparent: OTHER } })).statusCode, 202)

    t.match((await until(1))[0]?.message, { data: 1, traceparent: TRACE, isLatest: true })
    const messages = await sqs.receive('global_call.fifo', 5)
    const found = messages.map(({ Body = '', MessageAttributes }) => {
      const { data, traceparent } = JSON.parse(Body) as { data: number; traceparent?: string }
      t.equal(MessageAttributes?.traceparent?.StringValue, traceparent, 'the attribute says the same')
      return [data, traceparent]
    })
    t.same(found, [
      [1, TRACE],
      [2, OTHER],
      [3, undefined],
      [4, TRACE],
      [5, OTHER]
    ])
    const log = (await server.inject({ url: '/events/sales?limit=1', headers })).body
    t.match(log, `"offset":1,"traceparent":"${TRACE}","isLatest":true}`, 'behind the offset, before the extras')

    const bad = await post({ event: 'call', data: 6, traceparent: 'nonsense' })
    t.equal(bad.statusCode, 400)
    t.match(bad.json(), {
      response: { message: [/^traceparent must be a W3C trace context, such as 00-.*got "nonsense"/] }
    })
    const extra = await post({ event: 'call', data: 7, extra: { traceparent: TRACE } })
    t.match(extra.json(), { response: { message: [/^extra\.traceparent is a member of every message/] } })
  }
)

t.test('every log line of a request has its trace and the host’s own bindings', async (t) => {
  const lines: Record<string, unknown>[] = []
  const server = bare(t, { logger: { stream: { write: (line) => void lines.push(JSON.parse(line)) } } })
  server.setChildLoggerFactory((logger, bindings, options) => logger.child({ ...bindings, host: 'ours' }, options))
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  await server.inject({ url: '/server', headers: { ...headers, traceparent: TRACE } })
  await server.inject({ url: '/server', headers })
  for (const url of ['/overview', '/health', '/ready', '/metrics'])
    await server.inject({ url, headers: { ...headers, traceparent: TRACE } })
  const [traced, plain] = [
    lines.filter(({ traceparent }) => traceparent),
    lines.filter(({ traceparent }) => !traceparent)
  ]
  t.same(
    traced.map(({ msg }) => msg),
    ['incoming request', 'request completed'],
    'what is polled is not logged'
  )
  t.ok(traced.every(({ traceparent, host, reqId }) => traceparent === TRACE && host === 'ours' && reqId))
  t.ok(plain.some(({ msg }) => msg === 'incoming request'))
})

t.test('in an instrumented program, events have the trace of the active span', async (t) => {
  const server = await build(t, { sqs: false })
  const last = async () => {
    const reply = await server.inject({ url: '/events/sales?before=latest&limit=1', headers })
    return reply.json<{ events: { traceparent?: string }[] }>().events[0]?.traceparent
  }
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  t.equal(await last(), undefined)
  activate(t, OTHER)
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 2 })
  t.equal(await last(), OTHER)
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 3, traceparent: TRACE })
  t.equal(await last(), TRACE, 'what the caller says comes first')
  await server.inject({
    method: 'POST',
    url: '/events/sales',
    headers: { ...headers, traceparent: TRACE },
    payload: { event: 'call', data: 4 }
  })
  t.equal(await last(), OTHER, "of a request, the server's own span, which is the caller's child")
})

t.test('an invalid span, or a program without OpenTelemetry, gives events no trace', async (t) => {
  activate(t, `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`)
  const { activeTraceparent } = await import('../../lib/telemetry/opentelemetry.ts')
  t.equal(activeTraceparent(), undefined)
  const hooks = registerHooks({
    resolve(specifier, resolution, nextResolve) {
      if (specifier === '@opentelemetry/api') throw new Error('Cannot find package')
      return nextResolve(specifier, resolution)
    }
  })
  t.after(() => hooks.deregister())
  const without = (await import(
    `../../lib/telemetry/opentelemetry.ts?${'without'}`
  )) as typeof import('../../lib/telemetry/opentelemetry.ts')
  t.equal(without.activeTraceparent(), undefined)
})
