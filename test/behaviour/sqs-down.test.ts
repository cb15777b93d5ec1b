import t from 'tap'
import { API_KEY, bare, build, folder } from '../support/build.ts'
import { checkQueues } from '../support/chaos.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { startSqs } from '../support/sqs.ts'
import app from '../../app.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 4

const headers = { apikey: API_KEY }

t.test('SQS unreachable at start: the server starts, reports it, accepts events, and sends them later', async (t) => {
  const port = await freePort()
  const options = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    global: { events: ['CALL'] }
  }
  const server = await build(t, { sqs: options })
  const ready = await server.inject('/ready')
  t.equal(ready.statusCode, 503)
  t.match(ready.json(), {
    status: 'unavailable',
    checks: { eventLog: { ok: true }, sqs: { ok: false, code: 'ECONNREFUSED' } }
  })
  t.equal((await server.inject('/health')).statusCode, 200)
  for (let n = 0; n < 25; n++) {
    const reply = await server.inject({
      method: 'POST',
      url: '/events/mine',
      headers,
      payload: { event: 'call', data: n }
    })
    t.equal(reply.statusCode, 202)
  }
  t.equal(server.eventLog.store.deliveries.pendingCount(), 25)
  const set = await server.inject({
    method: 'POST',
    url: '/sqs/set/mine',
    headers,
    payload: { enabled: true, events: ['CALL'] }
  })
  t.equal(set.statusCode, 502)
  t.match(set.json(), { code: 'IEV_SQS_QUEUE_UNAVAILABLE', response: { message: [/mine_call\.fifo.*ECONNREFUSED/] } })

  const sqs = await startSqs(t, { port })
  const bodies = await sqs.bodies('global_call.fifo', 25)
  t.same(
    bodies.map(({ data }) => data),
    Array.from({ length: 25 }, (_, n) => n),
    'in order'
  )
})

t.test('AWS refusing CreateQueue: 502 with the queue and its code, and nothing is changed', async (t) => {
  const { proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: options })
  await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  const before = server.sqs.find('mine')
  proxy.decide = ({ action, body }) =>
    action === 'CreateQueue' && String(body.QueueName).includes('presence')
      ? { status: 403, code: 'AccessDenied', message: 'User is not authorized to perform: sqs:createqueue' }
      : undefined

  const reply = await server.inject({
    method: 'POST',
    url: '/sqs/set/mine',
    headers,
    payload: { sqs: { enabled: true, events: ['CALL', 'PRESENCE_UPDATE'] } }
  })

  t.equal(reply.statusCode, 502)
  t.match(reply.json(), {
    error: 'Bad Gateway',
    code: 'IEV_SQS_QUEUE_UNAVAILABLE',
    response: { message: [/mine_presence_update\.fifo.*AccessDenied.*not authorized/] }
  })
  t.strictSame(server.sqs.find('mine'), before)

  const created = await server.inject({
    method: 'POST',
    url: '/instance/create',
    headers,
    payload: { instanceName: 'new', sqs: { enabled: true, events: ['PRESENCE_UPDATE'] } }
  })
  t.equal(created.statusCode, 502)
  t.equal(server.eventLog.instances.get('new'), undefined)
})

t.test('an existing queue is used without the right to create queues', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  sqs.server.createQueue('mine_call.fifo', { attributes: { FifoQueue: 'true', ContentBasedDeduplication: 'true' } })
  proxy.decide = ({ action }) => (action === 'CreateQueue' ? { status: 403, code: 'AccessDenied' } : undefined)
  const server = await build(t, { sqs: options })
  await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  t.match(await sqs.bodies('mine_call.fifo', 1), [{ data: 1 }])
})

t.test('a queue that may be neither created nor found is an error with AWS’s code', async (t) => {
  const { proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: options })
  proxy.decide = ({ action }) =>
    action === 'CreateQueue' ? { status: 403, code: 'AccessDenied' } : { status: 500, code: 'InternalFailure' }
  await t.rejects(server.sqs.set('mine', { enabled: true, events: ['CALL'] }), {
    code: 'IEV_SQS_QUEUE_UNAVAILABLE',
    message: /mine_call\.fifo.*InternalFailure/
  })
})

t.test('a failing call is retried, order kept; a queue that fails holds only itself back', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL', 'PRESENCE_UPDATE'] } } })
  const faults = ['reset', { status: 500, code: 'InternalError' }, { status: 400, code: 'RequestThrottled' }] as const
  let failed = 0
  proxy.decide = ({ action, body }) => {
    if (action !== 'SendMessageBatch' || !String(body.QueueUrl).includes('call')) return undefined
    return faults[failed++]
  }

  const numbers = Array.from({ length: 30 }, (_, n) => n)
  for (const data of numbers) {
    void server.onInstanceEvent({ instance: 'mine', event: 'call', data })
    void server.onInstanceEvent({ instance: 'mine', event: 'presence.update', data })
  }

  const presence = await sqs.bodies('global_presence_update.fifo', 30)
  const calls = await sqs.bodies('global_call.fifo', 30)
  for (const bodies of [presence, calls])
    t.same(
      bodies.map(({ data }) => data),
      numbers
    )
  t.ok(failed > faults.length, 'the faults happened')
  t.equal(sqs.depth('global_call.fifo'), 0, 'nothing twice')
})

t.test('a deleted queue is created again, and the events that waited are sent', async (t) => {
  const { sqs, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: options })
  await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  sqs.server.deleteQueue('mine_call.fifo')
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'first' })
  t.match(await sqs.bodies('mine_call.fifo', 1), [{ data: 'first' }])
})

t.test('an id used again after the instance was deleted is another event', async (t) => {
  const { sqs, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  const event = { instance: 'mine', event: 'call', id: 'same' }
  await server.onInstanceEvent({ ...event, data: 'first' })
  await server.eventLog.instances.remove('mine')
  t.match(await server.onInstanceEvent({ ...event, data: 'second' }), { duplicate: false })
  t.match(await sqs.bodies('global_call.fifo', 2), [{ data: 'first' }, { data: 'second' }])
})

t.test('events that a closing server had not sent are sent once, after the next start', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const eventLog = { url: `file:${folder(t)}/events.db` }
  const start = async () => {
    const server = bare(t)
    await server.register(app, {
      apiKey: API_KEY,
      docs: false,
      eventLog,
      sqs: { ...options, global: { events: ['CALL'] } }
    })
    await server.ready()
    return server
  }
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' ? { status: 503, code: 'ServiceUnavailable' } : undefined
  const first = await start()
  const numbers = Array.from({ length: 300 }, (_, n) => n)
  await first.eventLog.accept(numbers.map((data) => ({ instance: 'mine', event: 'call', data })))
  await first.close()
  await t.rejects(first.onInstanceEvent({ instance: 'mine', event: 'call', data: 'late' }), { code: 'IEV_CLOSING' })

  proxy.decide = () => undefined
  const second = await start()
  await second.onInstanceEvent({ instance: 'mine', event: 'call', data: 300 })
  await until(() => second.eventLog.store.deliveries.pendingCount() === 0)
  checkQueues(t, sqs.server, { 'global_call.fifo': new Map([['mine', [...numbers, 300]]]) })
})
