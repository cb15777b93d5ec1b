import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import type { EventOutcomeReply } from '../../lib/schemas/event-outcome.ts'
import { backends } from '../support/backends.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { API_KEY, folder, listen } from '../support/build.ts'
import { stream } from '../support/event-stream.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { connect } from '../support/sockets.ts'
import { startSqs, UNREACHABLE_SQS } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }
const EVENT = { instance: 'sales', event: 'messages.upsert', data: { n: 1 } }

/** A server with a shared queue and an own one, and what it says of events. */
async function start(t: Test, options: Partial<AppOptions> = {}) {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const { app: server, url } = await listen(t, {
    sqs: { ...sqs.options, endpoint: proxy.endpoint, maxAttempts: 1, global: { events: ['MESSAGES_UPSERT'] } },
    ...options
  })
  const ask = (offset: number | string) => server.inject({ url: `/events/sales/outcome?offset=${offset}`, headers })
  const outcome = async (offset: number) => (await ask(offset)).json<EventOutcomeReply>()
  return { server, url, proxy, ask, outcome }
}

for (const { name, start: database } of await backends(t)) {
  t.test(`${name}: each queue of an event is pending, sent or dead`, async (t) => {
    const { server, proxy, outcome } = await start(t, { eventLog: { url: await database(t) } })
    await server.sqs.set('sales', { enabled: true, events: ['MESSAGES_UPSERT'] })
    const held = Promise.withResolvers<void>()
    proxy.decide = async ({ action, body }) => {
      if (action !== 'SendMessageBatch') return undefined
      if (String(body.QueueUrl).includes('/global_')) await held.promise
      return undefined
    }
    const { id, offset } = await server.onInstanceEvent(EVENT)
    let now = await outcome(offset)
    await until(async () => (now = await outcome(offset)).queues.some(({ outcome }) => outcome === 'sent'))
    t.strictSame(now, {
      id,
      offset,
      queues: [
        { queue: 'global_messages_upsert.fifo', outcome: 'pending' },
        { queue: 'sales_messages_upsert.fifo', outcome: 'sent' }
      ],
      complete: true,
      sockets: 0,
      nodes: 1
    })
    held.resolve()
    await until(async () => (now = await outcome(offset)).queues.every(({ outcome }) => outcome === 'sent'))

    proxy.decide = ({ action }) =>
      action === 'SendMessageBatch' ? { status: 403, code: 'AccessDenied', message: 'no' } : undefined
    const refused = await server.onInstanceEvent(EVENT)
    await until(async () => (now = await outcome(refused.offset)).queues.every(({ outcome }) => outcome === 'dead'))
    const deadLetter = { id: /^[12]$/, reason: 'AccessDenied', message: 'no' }
    t.match(now.queues, [
      { queue: 'global_messages_upsert.fifo', deadLetter },
      { queue: 'sales_messages_upsert.fifo', deadLetter }
    ])
  })
}

t.test('sockets and streams that received an event are counted', async (t) => {
  const { server, url, outcome } = await start(t, { websocket: { globalEvents: true } })
  await server.websocket.set('sales', { enabled: true })
  const first = await server.onInstanceEvent(EVENT)
  const live = await connect(t, `${url}/sales`, API_KEY)
  const other = await connect(t, `${url}/sales`, API_KEY, { auth: { apikey: API_KEY, events: ['call'] } })
  const all = await connect(t, url, API_KEY)
  const resumed = await stream(t, `${url}/events/sales/stream?after=0`)
  const latest = await connect(t, `${url}/sales`, API_KEY, { auth: { apikey: API_KEY, offset: 'latest' } })
  await resumed.until(1)
  const second = await server.onInstanceEvent(EVENT)
  await Promise.all([live.until(1), all.until(1), latest.until(1), resumed.until(2)])
  t.same(other.received, [])
  t.equal((await outcome(second.offset)).sockets, 4)
  t.equal((await outcome(first.offset)).sockets, 1, 'only the stream continues from before')
  live.socket.disconnect()
  await until(async () => (await outcome(second.offset)).sockets === 3)
})

if (await havePostgres(t))
  t.test('each of several nodes counts its own sockets, and says how many nodes there are', async (t) => {
    const eventLog = { url: (await startDatabase(t)).url }
    const [one, other] = [await start(t, { eventLog, sqs: false }), await start(t, { eventLog, sqs: false })]
    await one.server.websocket.set('sales', { enabled: true })
    await until(() => other.server.eventLog.instances.get('sales')?.selections.websocket !== undefined)
    await until(() => one.server.eventLog.store.status()?.nodes === 2)
    await until(() => other.server.eventLog.store.status()?.nodes === 2)
    const live = await connect(t, `${one.url}/sales`, API_KEY)
    const { offset } = await other.server.onInstanceEvent(EVENT)
    await live.until(1)
    t.match(await one.outcome(offset), { sockets: 1, nodes: 2 })
    t.match(await other.outcome(offset), { sockets: 0, nodes: 2 })
  })

t.test('where the queues of an event are not known, only those are named that do not have it', async (t) => {
  const { server, proxy, outcome } = await start(t)
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' ? { status: 503, code: 'ServiceUnavailable' } : undefined
  await server.sqs.set('sales', { enabled: true, events: ['MESSAGES_UPSERT'] })
  const { offset } = await server.onInstanceEvent({ ...EVENT, id: 'erased' })
  const unsent = await server.onInstanceEvent({ ...EVENT, event: 'presence.update' })
  t.match(await outcome(unsent.offset), { queues: [], complete: true }, 'an event without queues')
  const queues = ['global_messages_upsert.fifo', 'sales_messages_upsert.fifo']
  const pending = queues.map((queue) => ({ queue, outcome: 'pending' }))
  t.match(await outcome(offset), { queues: pending, complete: true })
  const { now } = Date
  const later = t.intercept(Date, 'now', { value: () => now() + 5_000, configurable: true })
  await server.sqs.set('sales', { enabled: false })
  later.restore()
  t.match(await outcome(offset), { queues: pending, complete: false }, 'the selection was changed')
})

t.test('an erased event may have had other queues, an unlisted one has its own', async (t) => {
  const { server, outcome } = await start(t, { webhookUnknownEvents: 'accept' })
  await server.sqs.set('sales', { enabled: true })
  await server.onInstanceEvent({ ...EVENT, id: 'erased' })
  await until(async () => (await outcome(1)).queues.every(({ outcome }) => outcome === 'sent'))
  const payload = { ids: ['erased'] }
  t.equal((await server.inject({ method: 'POST', url: '/events/sales/erase', headers, payload })).statusCode, 200)
  t.match(await outcome(1), { id: 'erased', queues: [], complete: false })

  const { offset } = await server.eventLog.accept({ ...EVENT, event: 'brand.new' }, { unlisted: true })
  let unlisted = await outcome(offset)
  await until(async () => (unlisted = await outcome(offset)).queues[0]?.outcome === 'sent')
  t.match(unlisted, { queues: [{ queue: 'sales_unknown.fifo' }], complete: true })
})

t.test('the queues of an event are not known after SQS is switched off, or the event left the catalogue', async (t) => {
  const eventLog = { url: `file:${join(folder(t), 'events.db')}` }
  const { server, outcome } = await start(t, { eventLog })
  await server.onInstanceEvent(EVENT)
  await until(async () => (await outcome(1)).queues[0]?.outcome === 'sent')
  await server.close()

  const withoutSqs = await start(t, { eventLog, sqs: false, websocket: false })
  t.match(await withoutSqs.outcome(1), { queues: [], complete: false, sockets: 0 })
  await withoutSqs.server.close()

  const others = await start(t, {
    eventLog: { ...eventLog, events: { names: ['order.paid'], replace: true } },
    sqs: UNREACHABLE_SQS
  })
  t.match(await others.outcome(1), { queues: [], complete: false })
})

t.test('an event that the log does not have is a 404, and an offset is a number from 1', async (t) => {
  const { server, ask } = await start(t, { sqs: false })
  t.match((await ask(1)).json(), { status: 404, code: 'IEV_INSTANCE_NOT_FOUND' })
  await server.onInstanceEvent(EVENT)
  await server.onInstanceEvent({ ...EVENT, instance: 'support' })
  t.match((await ask(1)).json(), { queues: [], complete: true, sockets: 0 })
  for (const offset of [2, 3])
    t.match((await ask(offset)).json(), {
      status: 404,
      code: 'IEV_EVENT_NOT_FOUND',
      params: [{ code: 'IEV_EVENT_NOT_FOUND', values: ['sales', offset] }]
    })
  for (const offset of ['', '0', 'x']) t.equal((await ask(offset)).statusCode, 400)
})
