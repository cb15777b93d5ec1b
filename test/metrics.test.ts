import t from 'tap'
import { API_KEY, build, listen } from './support/build.ts'
import { startFaultProxy } from './support/fault-proxy.ts'
import { connect } from './support/sockets.ts'
import { startSqs } from './support/sqs.ts'
import { Metrics } from '../lib/metrics.ts'

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

t.test('what happens is counted, and instances are not named', async (t) => {
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
  const { store } = app.eventStore
  while (store.pendingCount() > 0) await store.check()

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

t.test('a backlog shows, with its age', async (t) => {
  const server = await build(t, {
    eventStore: { maxPendingDeliveries: 1 },
    sqs: {
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
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

t.test('codes beyond a number are one', (t) => {
  const metrics = new Metrics()
  for (let n = 0; n < 50; n++) t.equal(metrics.code(`Code${n}`), `Code${n}`)
  t.equal(metrics.code('Code50'), 'other')
  t.equal(metrics.code('Code7'), 'Code7')
  t.end()
})
