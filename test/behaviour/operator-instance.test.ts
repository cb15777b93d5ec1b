import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, build, folder, listen } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }
const WITHOUT = { sqs: false as const, websocket: false as const }

type App = Awaited<ReturnType<typeof build>>

/** Accepts an event as if it were an hour ago, on SQLite. */
async function anHourAgo(t: Test, server: App, instance: string): Promise<void> {
  const { now } = Date
  const past = t.intercept(Date, 'now', { value: () => now() - 3_600_000, configurable: true })
  await server.onInstanceEvent({ instance, event: 'connection.update', data: { state: 'open' } })
  past.restore()
}

/** The events of the operator's instance, oldest first. */
async function told(server: App) {
  const reply = await server.inject({ url: '/events/ops?limit=1000', headers })
  return reply.json<{ events: { event: string; data: Record<string, unknown>; id: string }[] }>().events
}

const operatorLog = (options: AppOptions['eventLog'] = {}) => ({
  silenceAfterMinutes: 30,
  operatorInstance: 'ops',
  ...options
})

t.test('a silence and its end reach a socket of the operator once, also over a restart', async (t) => {
  const url = `file:${folder(t)}/events.db`
  const options = { sqs: false as const, eventLog: operatorLog({ url }) }
  const first = await listen(t, options)
  await first.app.websocket.set('ops', { enabled: true })
  const alerts = await connect(t, `${first.url}/ops`, API_KEY)
  await anHourAgo(t, first.app, 'sales')
  const { silences } = first.app.eventLog
  await silences.look()
  await silences.look()
  const [silent] = await alerts.until(1)
  t.match(silent, {
    event: 'operator.instance-silent',
    message: {
      instance: 'ops',
      data: {
        instance: 'sales',
        connectionState: 'open',
        lastEvent: 'connection.update',
        lastEventAt: /Z$/,
        lastOffset: 1,
        afterMinutes: 30,
        leftOut: 0
      }
    }
  })
  await first.app.close()

  const server = await build(t, options)
  const again = server.eventLog.silences
  t.equal(again.count, 1, 'the silence continues')
  await until(() => server.eventLog.activities.countedSince === null)
  await again.look()
  t.equal((await told(server)).length, 1)
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  await again.look()
  await again.look()
  await until(async () => (await told(server)).length === 2)
  t.match(await told(server), [
    { event: 'operator.instance-silent' },
    {
      event: 'operator.instance-back',
      data: {
        instance: 'sales',
        lastEvent: 'call',
        silentSince: (silent?.message.data as { lastEventAt?: string } | undefined)?.lastEventAt
      }
    }
  ])
  await server.close()

  const third = await build(t, options)
  t.equal(third.eventLog.silences.count, 0, 'it has ended')
  await third.eventLog.instances.remove('sales')
})

t.test('an announced silence of an instance that is gone is forgotten', async (t) => {
  const url = `file:${folder(t)}/events.db`
  const options = { ...WITHOUT, eventLog: operatorLog({ url }) }
  const first = await build(t, options)
  await anHourAgo(t, first, 'sales')
  await first.eventLog.silences.look()
  await until(async () => (await told(first)).length === 1)
  await first.eventLog.instances.remove('sales')
  await first.close()
  t.equal((await build(t, options)).eventLog.silences.count, 0)
})

t.test('nobody else posts events of the instance, creates or deletes it', async (t) => {
  const server = await build(t, { sqs: false, eventLog: operatorLog() })
  const answers = async (method: 'POST' | 'DELETE' | 'PUT', url: string, payload?: object, apikey = API_KEY) => {
    const reply = await server.inject({ method, url, headers: { apikey }, ...(payload && { payload }) })
    return [reply.statusCode, reply.json<{ code?: string }>().code]
  }
  const call = { event: 'call', data: 1 }
  const backlog = { event: 'operator.backlog', data: { pending: 1 } }
  t.match(await answers('PUT', '/instance/token/ops', { token: 'token-of-ops' }), [200])
  t.same(
    await Promise.all([
      answers('POST', '/events/ops', backlog),
      answers('POST', '/events/ops', [call], 'token-of-ops'),
      answers('POST', '/webhook/evolution', { instance: 'ops', ...call }),
      answers('POST', '/webhook/evolution/call', { instance: 'ops', ...call }),
      answers('POST', '/instance/create', { instanceName: 'ops' }),
      answers('DELETE', '/instance/delete/ops'),
      answers('DELETE', '/instance/delete/ops', undefined, 'token-of-ops'),
      answers('POST', '/events/sales', backlog)
    ]),
    [...Array.from({ length: 7 }, () => [403, 'IEV_OPERATOR_INSTANCE']), [400, 'IEV_EVENT_UNKNOWN']]
  )
  await t.rejects(server.onInstanceEvent({ instance: 'ops', ...call }), { code: 'IEV_OPERATOR_INSTANCE' })
  await t.rejects(server.websocket.emit({ instance: 'ops', ...call }), { code: 'IEV_OPERATOR_INSTANCE' })
  t.same(await told(server), [])
})

t.test('the operator has events of its own, and other instances do not', async (t) => {
  const { app, url } = await listen(t, { sqs: false, eventLog: operatorLog(), docs: true })
  await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  const set = async (instance: string, events?: string[]) => {
    const payload = { enabled: true, ...(events && { events }) }
    const reply = await app.inject({ method: 'POST', url: `/websocket/set/${instance}`, headers, payload })
    return reply.json<{ events?: string[]; code?: string }>()
  }
  const { operator } = app.eventLog
  t.same((await set('ops')).events, operator?.catalogue.all)
  t.match(await set('ops', ['CALL']), { code: 'IEV_EVENT_UNKNOWN' })
  t.match(await set('sales', ['OPERATOR_BACKLOG']), { code: 'IEV_EVENT_UNKNOWN' })
  t.same((await set('sales')).events, app.eventLog.catalogue.withAliases(app.eventLog.catalogue.all))

  const server = async (apikey: string) => (await app.inject({ url: '/server', headers: { apikey } })).json<unknown>()
  t.match(await server(API_KEY), { operator: { instance: 'ops', events: [{ key: 'OPERATOR_INSTANCE_SILENT' }] } })
  t.match(await server('token-of-sales'), { operator: null })
  const page = async (query: string) => (await app.inject({ url: `/events/ops?events=${query}`, headers })).statusCode
  t.same([await page('OPERATOR_BACKLOG'), await page('CALL')], [200, 400])
  const document = (await app.inject({ url: '/docs/asyncapi.json', headers })).json<{
    components: { messages: object; schemas: object }
  }>()
  t.match(document.components.schemas, { 'operator.backlog': { title: 'data of operator.backlog' } })

  const filtered = await connect(t, `${url}/ops`, API_KEY, {
    auth: { apikey: API_KEY, events: ['OPERATOR_BACKLOG'] }
  })
  await operator?.emit('operator.backlog', { pending: 1, maxPending: 2 })
  t.match(await filtered.until(1), [{ event: 'operator.backlog', message: { data: { pending: 1, leftOut: 0 } } }])
  const without = await build(t, WITHOUT)
  t.match((await without.inject({ url: '/server', headers })).json(), { operator: null })
})

t.test('a dead letter is told, one of the operator itself is not; nor are its queues', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const server = await build(t, {
    eventLog: operatorLog(),
    sqs: { ...sqs.options, endpoint: proxy.endpoint, maxAttempts: 1 }
  })
  await server.sqs.set('ops', { enabled: true })
  await server.sqs.set('sales', { enabled: true, events: ['CALL'] })
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' ? { status: 403, code: 'AccessDenied', message: 'no' } : undefined
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1, id: 'a' })
  const { deadLetters } = server.eventLog.store
  await until(async () => (await deadLetters.count()).count === 2)
  t.match(
    (await deadLetters.read({ after: 0, limit: 10 })).map(({ instance }) => instance),
    ['sales', 'ops'],
    'what tells of the first is given up, too'
  )
  const letter = { event: 'call', id: 'a', offset: 1, queue: 'sales_call.fifo', reason: 'AccessDenied', attempts: 1 }
  t.match(await told(server), [
    { event: 'operator.dead-letter', data: { instance: 'sales', ...letter, message: /./, leftOut: 0 } }
  ])
  t.equal((await told(server)).length, 1)
})

t.test('queues that accept nothing are told apart from those of the operator', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const server = await build(t, { eventLog: operatorLog(), sqs: { ...sqs.options, endpoint: proxy.endpoint } })
  await server.sqs.set('ops', { enabled: true, events: ['OPERATOR_BACKLOG'] })
  await server.sqs.set('sales', { enabled: true, events: ['CALL'] })
  let denied = 'ops'
  proxy.decide = ({ action, body }) =>
    action === 'SendMessageBatch' && String(body.QueueUrl).includes(denied)
      ? { status: 403, code: 'AccessDenied', message: 'no' }
      : undefined
  const { operator } = server.eventLog
  await operator?.emit('operator.backlog', { pending: 1, maxPending: 2 })
  await until(() => server.sqs.faults().length === 1)
  t.same(server.eventLog.queueFaults(), [])
  denied = '_'
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  await until(() => server.eventLog.queueFaults().length === 1)
  t.match(server.eventLog.queueFaults(), [{ code: 'AccessDenied', queue: 'sales_call.fifo', queues: 1 }])
})

t.test('the start is refused if an instance of a tenant has the name', async (t) => {
  const url = `file:${folder(t)}/events.db`
  const first = await build(t, { ...WITHOUT, eventLog: { url } })
  await first.eventLog.instances.create({ name: 'ops', token: 'token-of-ops' })
  await first.close()
  await t.rejects(build(t, { ...WITHOUT, eventLog: operatorLog({ url }) }), { code: 'IEV_OPTIONS_INVALID' })
  await t.rejects(build(t, { ...WITHOUT, eventLog: operatorLog({ operatorInstance: 'stream' }) }), {
    message: /operatorInstance: "stream" is part of a route/
  })
  const named = operatorLog({ operatorInstance: '..' })
  await t.rejects(build(t, { ...WITHOUT, eventLog: named }), { message: /operatorInstance: instance must not be "\."/ })
})

t.test('shared queues do not receive events of the operator', async (t) => {
  const sqs = await startSqs(t)
  const server = await build(t, { eventLog: operatorLog(), sqs: { ...sqs.options, global: { events: '*' } } })
  await server.eventLog.operator?.emit('operator.backlog', { pending: 1, maxPending: 2 })
  t.equal((await told(server)).length, 1)
  t.equal(server.eventLog.store.deliveries.pendingCount(), 0)
})

for (const { name, start } of await backends(t)) {
  if (name !== 'PostgreSQL') continue
  t.test(`${name}: nodes that find the same silence tell it once`, async (t) => {
    const options = { ...WITHOUT, eventLog: operatorLog({ url: await start(t) }) }
    const [a, b] = (await Promise.all([build(t, options), build(t, options)])) as [App, App]
    await a.onInstanceEvent({ instance: 'sales', event: 'connection.update', data: { state: 'open' } })
    await a.eventLog.instances.setSilence('sales', 1)
    const { now } = Date
    const future = t.intercept(Date, 'now', { value: () => now() + 120_000, configurable: true })
    await until(() => b.eventLog.instances.get('sales')?.silenceAfterMinutes === 1)
    await Promise.all([a.eventLog.silences.look(), b.eventLog.silences.look()])
    t.same([a.eventLog.silences.count, b.eventLog.silences.count], [1, 1])
    await until(async () => (await told(a)).length > 0)
    future.restore()
    await b.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
    await Promise.all([a.eventLog.silences.look(), b.eventLog.silences.look()])
    await until(async () => (await told(a)).length > 1)
    // What the other node has found is accepted by now, or is a duplicate.
    await b.onInstanceEvent({ instance: 'sales', event: 'call', data: 2 })
    t.match(
      (await told(b)).map(({ event, data: { instance } }) => [event, instance]),
      [
        ['operator.instance-silent', 'sales'],
        ['operator.instance-back', 'sales']
      ]
    )
  })
}
