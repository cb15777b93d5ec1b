import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { API_KEY, build, listen } from '../support/build.ts'
import { checkQueues } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { numbers } from '../support/resuming.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const COUNT = 500
const QUEUE = 'busy_messages_upsert.fifo'
const DATA = numbers(COUNT)

t.test('500 events emitted at once arrive as 500 messages, in order, on both transports', async (t) => {
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, { sqs: sqs.options })
  await app.sqs.set('busy', { enabled: true, events: ['MESSAGES_UPSERT'] })
  await app.websocket.set('busy', { enabled: true })
  const listener = await connect(t, `${url}/busy`, API_KEY)

  const dateTime = new Date().toISOString()
  const results = await Promise.all(
    DATA.map((n) => app.onInstanceEvent({ instance: 'busy', event: 'messages.upsert', data: { n }, dateTime }))
  )

  t.same(
    results.map(({ offset }) => offset),
    DATA.map((n) => n + 1)
  )
  await until(() => sqs.depth(QUEUE) === COUNT)
  checkQueues(t, sqs.server, { [QUEUE]: new Map([['busy', DATA]]) }, (data) => (data as { n: number }).n)
  t.same(
    (await listener.until(COUNT)).map(({ message }) => (message.data as { n: number }).n),
    DATA
  )
})

t.test('an array of 500 events posted by HTTP arrives as 500 messages, in order', async (t) => {
  const sqs = await startSqs(t)
  const app = await build(t, { sqs: sqs.options })
  await app.sqs.set('busy', { enabled: true, events: ['MESSAGES_UPSERT'] })

  const reply = await app.inject({
    method: 'POST',
    url: '/events/busy',
    headers: { apikey: API_KEY },
    payload: DATA.map((n) => ({ event: 'messages.upsert', data: { n } }))
  })

  t.equal(reply.statusCode, 202)
  t.equal(reply.json<unknown[]>().length, COUNT)
  await until(() => sqs.depth(QUEUE) === COUNT)
  checkQueues(t, sqs.server, { [QUEUE]: new Map([['busy', DATA]]) }, (data) => (data as { n: number }).n)
})

t.test('an instance with many events fills its batches', async (t) => {
  const sqs = await startSqs(t)
  const app = await build(t, { sqs: { ...sqs.options, global: {} } })
  let calls = 0
  app.sqs.client.middlewareStack.add(
    (next, context) => (args) => {
      if (context.commandName === 'SendMessageBatchCommand') calls++
      return next(args)
    },
    { step: 'initialize' }
  )

  await Promise.all(DATA.map((n) => app.onInstanceEvent({ instance: 'busy', event: 'call', data: n })))
  await until(() => sqs.depth('global_call.fifo') === COUNT)
  t.ok(calls <= COUNT / 10 + 1, `${calls} calls for ${COUNT} events`)
})

t.test('batches are nearly full, too, when 50 queues are busy at the same time', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const server = await build(t, { sqs: { ...sqs.options, endpoint: proxy.endpoint } })
  const instances = numbers(50).map((n) => `instance-${n}`)
  await Promise.all(instances.map((instance) => server.sqs.set(instance, { enabled: true, events: ['CALL'] })))
  const sizes: number[] = []
  proxy.decide = async ({ action, body }) => {
    if (action === 'SendMessageBatch') sizes.push((body.Entries as unknown[]).length)
    // A round trip takes as long as to AWS: meanwhile more events arrive than fit into one call.
    await pause(10)
    return undefined
  }
  const rounds = 60
  for (let round = 0; round < rounds; round++) {
    // One event for each queue at a time.
    await Promise.all(instances.map((instance) => server.onInstanceEvent({ instance, event: 'call', data: round })))
  }
  const { store } = server.eventLog
  await until(() => store.deliveries.pendingCount() === 0)

  const total = sizes.reduce((sum, size) => sum + size, 0)
  t.equal(total, rounds * instances.length)
  t.ok(total / sizes.length > 8, `${(total / sizes.length).toFixed(1)} entries a call`)
  const all = numbers(rounds)
  checkQueues(
    t,
    sqs.server,
    Object.fromEntries(instances.map((instance) => [`${instance}_call.fifo`, new Map([[instance, all]])]))
  )
})

t.test('one event id for two instances is two events', async (t) => {
  const sqs = await startSqs(t)
  const app = await build(t, { sqs: { ...sqs.options, global: {} } })
  const results = await Promise.all(
    ['one', 'two', 'one'].map((instance) => app.onInstanceEvent({ instance, event: 'call', data: 1, id: 'same' }))
  )

  t.same(
    results.map(({ offset, duplicate }) => [offset, duplicate]),
    [
      [1, false],
      [2, false],
      [1, true]
    ]
  )
  const bodies = await sqs.bodies('global_call.fifo', 2)
  t.same(bodies.map(({ instance }) => instance).sort(), ['one', 'two'])
  t.equal(sqs.depth('global_call.fifo'), 0)
})
