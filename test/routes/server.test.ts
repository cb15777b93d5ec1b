import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import { API_KEY, build, listen } from '../support/build.ts'
import { stream } from '../support/event-stream.ts'
import { connect } from '../support/sockets.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs, UNREACHABLE_SQS } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }

interface Overview {
  node: string
  pending: number
  faults: { component: string; code: string; queue?: string; queues?: number; since?: string }[]
  [member: string]: unknown
}

async function start(t: Test, options: Partial<AppOptions> = {}) {
  const server = await build(t, options)
  const overview = async () => (await server.inject({ url: '/overview', headers })).json<Overview>()
  return { server, overview }
}

t.test('/server describes the server and the owner of the key', async (t) => {
  const sqs = await startSqs(t)
  const { server } = await start(t, {
    sqs: { ...sqs.options, global: { events: ['CALL'], prefix: 'all' } },
    websocket: { globalEvents: true, path: '/live' },
    environment: 'staging'
  })
  const asked = await server.inject({ url: '/server', headers })
  t.equal(asked.statusCode, 200)
  t.match(asked.json(), {
    version: /^\d+\.\d+\.\d+/,
    node: /^[0-9a-f-]{36}$/,
    identity: { kind: 'global' },
    environment: 'staging',
    store: 'sqlite',
    sqs: {
      queueType: 'fifo',
      global: { prefix: 'all', singleQueue: false, events: ['CALL'], unlessOwn: false },
      region: 'us-east-1',
      endpoint: new URL(sqs.options.endpoint).host,
      emulated: true
    },
    websocket: { path: '/live', globalEvents: true }
  })
  const { events } = asked.json<{ events: object[] }>()
  t.equal(events.length, server.eventLog.catalogue.events.length)
  t.same(events.at(-1), { name: 'creds.update', key: 'CREDS_UPDATE', inAll: false, hub: 'evolution' })

  await server.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  const own = await server.inject({ url: '/server', headers: { apikey: 'token-of-sales' } })
  t.same(own.json<{ identity: object }>().identity, { kind: 'instance', instance: 'sales' })

  const { server: without } = await start(t, { sqs: false, websocket: false })
  t.match((await without.inject({ url: '/server', headers })).json(), { sqs: null, websocket: null, environment: null })
  const { server: quiet } = await start(t)
  t.match((await quiet.inject({ url: '/server', headers })).json(), { sqs: { global: null } })
})

t.test('/overview counts accepted and delivered events, and listening sockets', async (t) => {
  const { app, url } = await listen(t)
  const overview = async () => (await app.inject({ url: '/overview', headers })).json<Overview>()
  t.match(await overview(), { totals: { accepted: 0 }, lastOffset: 0, lastEventAt: null, sockets: 0 })
  await app.sqs.set('sales', { enabled: true, events: ['CALL'] })
  await app.websocket.set('sales', { enabled: true })
  await connect(t, `${url}/sales`, API_KEY)
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  await app.onInstanceEvent({ instance: 'sales', event: 'presence.update', data: 2 })
  await until(() => app.eventLog.store.deliveries.pendingCount() === 0)
  const now = await overview()
  t.match(now, {
    totals: { accepted: 2, refused: 0, delivered: 1, emitted: 2 },
    lastOffset: 2,
    lastEventAt: /Z$/,
    pending: 0,
    maxPending: 1_000_000,
    deadLetters: 0,
    sockets: 1,
    replaying: 0,
    nodes: 1,
    faults: []
  })
  t.equal(now.node, (await overview()).node)
})

t.test('/overview and metrics count streams and requests that wait for the next event, of this node', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  await connect(t, `${url}/sales`, API_KEY)
  const { response, ended } = await stream(t, `${url}/events/sales/stream`)
  const polled = fetch(`${url}/events/sales?wait=60`, { headers })
  const overview = async () => (await app.inject({ url: '/overview', headers })).json<Overview>()
  await until(async () => (await overview()).longPolls === 1)
  t.match(await overview(), { sockets: 3, streams: 1 })
  const { body } = await app.inject('/metrics')
  t.match(body, /^iev_websocket_streams 1$/m)
  t.match(body, /^iev_http_long_polls 1$/m)

  response.destroy()
  await ended
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  await polled
  await until(async () => (await overview()).streams === 0)
  t.match(await overview(), { sockets: 1, longPolls: 0 })
  const { server } = await start(t, { sqs: false, websocket: false })
  t.match((await server.inject({ url: '/overview', headers })).json(), { sockets: 0, streams: 0, longPolls: 0 })
})

t.test('a refusal by SQS is one fault for each code, with the queues that it holds back', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const { server, overview } = await start(t, { sqs: { ...sqs.options, endpoint: proxy.endpoint } })
  await server.sqs.set('sales', { enabled: true, events: ['CALL', 'MESSAGES_UPSERT', 'LABELS_EDIT'] })
  let healthy = false
  proxy.decide = ({ action, body }) => {
    if (healthy || action !== 'SendMessageBatch') return undefined
    if (String(body.QueueUrl).includes('labels'))
      return { refuse: [{ Id: '0', Code: 'AccessDenied', SenderFault: true }] }
    return { status: 503, code: 'ServiceUnavailable' }
  }
  for (const event of ['call', 'messages.upsert', 'labels.edit'])
    await server.onInstanceEvent({ instance: 'sales', event, data: 1 })
  let faults: Overview['faults'] = []
  await until(async () => {
    faults = (await overview()).faults
    return faults.length === 2 && faults.some(({ queues }) => queues === 2)
  })
  t.match(
    faults.toSorted((a, b) => a.code.localeCompare(b.code)),
    [
      { component: 'sqs', code: 'AccessDenied', queue: 'sales_labels_edit.fifo', queues: 1, since: /^\d{4}-/ },
      { component: 'sqs', code: 'ServiceUnavailable', queue: /^sales_(call|messages_upsert)\.fifo$/, queues: 2 }
    ]
  )
  t.ok(((await overview()).oldestPendingAgeSeconds as number) > 0)
  healthy = true
  await until(() => server.eventLog.store.deliveries.pendingCount() === 0)
  t.same((await overview()).faults, [], 'what is no more is not said')
})

t.test('unavailable SQS is one fault, before and after an event is pending', async (t) => {
  const { server, overview } = await start(t, {
    eventLog: { maxPendingDeliveries: 1 },
    sqs: {
      ...UNREACHABLE_SQS,
      global: { events: ['CALL'] }
    }
  })
  t.match((await overview()).faults, [{ component: 'sqs', code: 'ECONNREFUSED', message: /refused/i }])
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  let faults: Overview['faults'] = []
  await until(async () => {
    faults = (await overview()).faults
    return faults.some(({ queue }) => queue === 'global_call.fifo')
  })
  t.match(faults, [
    { component: 'eventLog', code: 'IEV_BACKPRESSURE', message: /1 deliveries to SQS are pending, the limit is 1/ },
    { component: 'sqs', code: 'ECONNREFUSED', queues: 1 }
  ])
  t.equal(faults.length, 2)
})

t.test('an unavailable store is a fault, and values that only it has are null', async (t) => {
  const { server, overview } = await start(t, { sqs: false, websocket: false })
  const { store } = server.eventLog
  const away = () => Promise.reject(Object.assign(new Error('gone'), { code: 'IEV_BACKPRESSURE' }))
  const status = () => ({ connected: false, nodes: 3, partitions: 0, head: 0, position: 0, lagMs: 0 })
  Object.assign(store, { check: away, status })
  Object.assign(store.log, { range: away })
  Object.assign(store.deliveries, { oldestPending: away })
  Object.assign(store.deadLetters, { count: away })
  t.match(await overview(), {
    lastOffset: null,
    lastEventAt: null,
    oldestPendingAgeSeconds: null,
    deadLetters: null,
    sockets: 0,
    replaying: 0,
    nodes: 3,
    faults: [{ component: 'eventLog', code: 'IEV_BACKPRESSURE', message: 'gone' }]
  })
})

t.test('events that are refused are a fault until they are accepted again', async (t) => {
  const { server, overview } = await start(t, { sqs: false, websocket: false })
  const { store } = server.eventLog
  const { append } = store.log
  const send = (data: unknown) =>
    server.inject({
      method: 'POST',
      url: '/events/sales',
      headers,
      payload: [
        { event: 'call', data },
        { event: 'call', data }
      ]
    })
  store.log.append = () =>
    Promise.reject(Object.assign(new Error('no room'), { code: 'IEV_BACKPRESSURE', statusCode: 503 }))
  t.equal((await send('refused')).statusCode, 503)
  store.log.append = append
  t.match((await overview()).faults, [
    {
      component: 'eventLog',
      code: 'IEV_BACKPRESSURE',
      message: 'Recently refused: 2 events. no room',
      params: [{ code: 'recentlyRefused', values: [2] }],
      since: /^\d{4}-/
    }
  ])
  t.equal((await send('refused')).statusCode, 202)
  t.same((await overview()).faults, [])
})

t.test('the reason why events are refused is one fault', async (t) => {
  const { server, overview } = await start(t, { sqs: false, websocket: false })
  const params = [{ code: 'diskFull', values: [] }]
  const full = Object.assign(new Error('the disk is full'), { code: 'IEV_BACKPRESSURE', statusCode: 503, params })
  const { store } = server.eventLog
  Object.assign(store.log, { append: () => Promise.reject(full) })
  Object.assign(store, { check: () => Promise.reject(full) })
  await t.rejects(server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 }), full)
  t.match((await overview()).faults, [
    { component: 'eventLog', code: 'IEV_BACKPRESSURE', message: 'the disk is full', params }
  ])
  t.equal((await overview()).faults.length, 1)
})

t.test('the queues of an instance are listed by name and URL, and not created by the request', async (t) => {
  const sqs = await startSqs(t)
  const first = await start(t, { sqs: sqs.options })
  const queues = async ({ server }: typeof first, instance = 'sales') =>
    server.inject({ url: `/sqs/queues/${instance}`, headers })
  await first.server.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  t.same((await queues(first)).json(), { queues: [], alsoSentTo: [] }, 'nothing was ever selected')
  const { queues: made } = await first.server.sqs.set('sales', { enabled: true, events: ['CALL', 'LABELS_EDIT'] })
  t.same((await queues(first)).json(), { queues: made, alsoSentTo: [] })

  // One that knows of the selection, not of the queues, one of which is gone.
  const second = await start(t, { sqs: sqs.options, eventLog: { store: first.server.eventLog.store } })
  sqs.server.deleteQueue('sales_labels_edit.fifo')
  t.same((await queues(second)).json(), { queues: [made[0], { ...made[1], url: null }], alsoSentTo: [] })
  t.equal(sqs.depth('sales_labels_edit.fifo'), undefined)

  await first.server.sqs.set('sales', { enabled: false })
  t.same((await queues(first)).json(), { queues: [], alsoSentTo: [] }, 'what is switched off has none')
  t.equal((await queues(first, 'nobody')).statusCode, 404)
  const { server: without } = await start(t, { sqs: false })
  t.match((await without.inject({ url: '/sqs/queues/sales', headers })).json(), { code: 'IEV_TRANSPORT_DISABLED' })
})
