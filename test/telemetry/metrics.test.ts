import t from 'tap'
import { API_KEY, build, listen } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { heldStore } from '../support/resuming.ts'
import { rawListener } from '../support/raw-socket.ts'
import { cutOffs, flood } from '../support/slowness.ts'
import { client, connect, next, refusal } from '../support/sockets.ts'
import { startSqs, UNREACHABLE_SQS } from '../support/sqs.ts'
import { until } from '../support/until.ts'
import { Metrics } from '../../lib/telemetry/metrics.ts'

const headers = { apikey: API_KEY }

/** The samples of `/metrics`, by name and labels as they are written. */
function samples(text: string): Map<string, number> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ')
        return [line.slice(0, at), Number(line.slice(at + 1))]
      })
  )
}

t.test('accepted, duplicate and refused events are counted, without names of instances', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const { app, url } = await listen(t, {
    sqs: { ...sqs.options, endpoint: proxy.endpoint, maxAttempts: 1, global: { events: ['CALL', 'LABELS_EDIT'] } }
  })
  let faults = 1
  proxy.decide = ({ action, body }) => {
    if (action !== 'SendMessageBatch') return undefined
    if (String(body.QueueUrl).includes('labels')) return { status: 403, code: 'AccessDenied' }
    return faults-- > 0 ? { status: 500, code: 'InternalError' } : undefined
  }
  await app.websocket.set('sales', { enabled: true })
  await connect(t, `${url}/sales`, API_KEY)
  const call = { instance: 'sales', event: 'call', data: 1 }
  await app.onInstanceEvent({ ...call, id: 'same' })
  await app.onInstanceEvent({ ...call, id: 'same' })
  await app.onInstanceEvent({ ...call, event: 'labels.edit' })
  await sqs.receive('global_call.fifo', 1)
  const { store } = app.eventLog
  await until(() => store.deliveries.pendingCount() === 0)

  const reply = await app.inject('/metrics')
  t.match(reply.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  const found = samples(reply.body)
  for (const [name, value] of [
    ['iev_events_accepted_total{event="call"}', 1],
    ['iev_events_accepted_total{event="labels.edit"}', 1],
    ['iev_events_duplicate_total', 1],
    ['iev_sqs_delivered_total', 1],
    ['iev_sqs_retried_total', 1],
    ['iev_sqs_dead_total{reason="AccessDenied"}', 1],
    ['iev_sqs_failures_total{kind="transient",code="InternalError"}', 1],
    ['iev_sqs_failures_total{kind="permanent",code="AccessDenied"}', 1],
    ['iev_sqs_batch_entries_count', 3],
    ['iev_sqs_batch_entries_sum', 3],
    ['iev_sqs_send_duration_seconds_count', 3],
    ['iev_sqs_pending', 0],
    ['iev_sqs_oldest_pending_age_seconds', 0],
    ['iev_sqs_dead_letters', 1],
    ['iev_store_instances', 1],
    ['iev_websocket_sockets', 1]
  ] as const) {
    t.equal(found.get(name), value, name)
  }
  t.ok((found.get('iev_store_commit_operations_sum') ?? 0) >= (found.get('iev_store_commit_operations_count') ?? 1))
  t.ok((found.get('iev_store_commit_duration_seconds_count') ?? 0) > 0)
  t.notMatch(reply.body, /sales/)
})

t.test('admitted, refused, resumed and cut-off sockets are counted, and the events sent to them', async (t) => {
  const held = heldStore(t)
  const { app, url } = await listen(t, {
    sqs: false,
    eventLog: { store: held.store, wrongKeysPerMinute: 1 },
    websocket: { maxBufferedBytes: 1_000_000, trustProxy: ['loopback'] }
  })
  const found = async () => samples((await app.inject('/metrics')).body)
  await app.websocket.set('sales', { enabled: true })
  const post = () => app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  const elsewhere = { auth: { apikey: 'wrong' }, extraHeaders: { 'x-forwarded-for': '203.0.113.7' } }
  await refusal(t, `${url}/sales`, elsewhere)
  await refusal(t, `${url}/sales`, elsewhere)
  await refusal(t, `${url}/sales`)
  await post()
  await post()
  t.match([...(await found())].filter(([name]) => name.startsWith('iev_websocket_refused')).sort(), [
    ['iev_websocket_refused_total{code="IEV_WS_RATE_LIMITED"}', 1],
    ['iev_websocket_refused_total{code="IEV_WS_UNAUTHORIZED"}', 2]
  ])

  const resuming = client(t, `${url}/sales`, { auth: { apikey: API_KEY, offset: 0 } })
  const read = await held.read()
  t.equal((await found()).get('iev_websocket_replaying'), 1)
  const resumed = next(resuming.socket, 'resumed')
  read.answer()
  await resumed
  const live = await connect(t, `${url}/sales`, API_KEY)
  await post()
  await live.until(1)
  for (const [name, value] of [
    ['iev_websocket_sockets', 2],
    ['iev_websocket_admitted_total', 2],
    ['iev_websocket_resumes_total', 1],
    ['iev_websocket_replayed_total', 2],
    ['iev_websocket_delivered_total', 2],
    ['iev_websocket_replaying', 0],
    ['iev_websocket_buffered_bytes', 0],
    ['iev_websocket_slow_total', 0]
  ] as const) {
    t.equal((await found()).get(name), value, name)
  }

  const { ws, closed } = await rawListener(t, url, '/sales', { apikey: API_KEY })
  ws.pause()
  let waiting = 0
  const cut = async () => {
    waiting = Math.max(waiting, (await found()).get('iev_websocket_buffered_bytes') ?? 0)
    return (await cutOffs(app)) > 0
  }
  await flood(app, { until: cut })
  t.ok(waiting >= 500_000 && waiting <= 1_000_000, `${waiting} bytes were seen to wait`)
  t.equal((await found()).get('iev_websocket_slow_total'), 1)
  t.equal((await found()).get('iev_websocket_sockets'), 2)
  ws.resume()
  await closed
  await until(() => app.websocket.bufferedBytes === 0)
  t.equal((await found()).get('iev_websocket_buffered_bytes'), 0)
})

t.test('pending deliveries and the age of the oldest one are gauges', async (t) => {
  const server = await build(t, {
    eventLog: { maxPendingDeliveries: 1 },
    sqs: {
      ...UNREACHABLE_SQS,
      global: { events: ['CALL'] }
    }
  })
  const send = () => server.inject({ method: 'POST', url: '/events/a', headers, payload: { event: 'call', data: 1 } })
  await send()
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() + 60_000, configurable: true })
  await send()
  const found = samples((await server.inject('/metrics')).body)
  t.equal(found.get('iev_sqs_pending'), 1)
  t.ok((found.get('iev_sqs_oldest_pending_age_seconds') ?? 0) >= 60)
  t.equal(found.get('iev_events_refused_total{code="IEV_BACKPRESSURE"}'), 1)
})

t.test('codes over the limit are counted as one label', (t) => {
  const metrics = new Metrics()
  for (let n = 0; n < 50; n++) t.equal(metrics.code(`Code${n}`), `Code${n}`)
  t.equal(metrics.code('Code50'), 'other')
  t.equal(metrics.code('Code7'), 'Code7')
  t.end()
})
