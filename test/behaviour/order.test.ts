import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { API_KEY, build, listen } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const COUNT = 500
const QUEUE = 'busy_messages_upsert.fifo'
const numbers = Array.from({ length: COUNT }, (_, index) => index)

t.test('500 events of one turn arrive as 500 messages, in order, on both transports', async (t) => {
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, { sqs: sqs.options })
  await app.sqs.set('busy', { enabled: true, events: ['MESSAGES_UPSERT'] })
  await app.websocket.set('busy', { enabled: true })
  const listener = await connect(t, `${url}/busy`, API_KEY)

  const dateTime = new Date().toISOString()
  const results = await Promise.all(
    numbers.map((n) => app.onInstanceEvent({ instance: 'busy', event: 'messages.upsert', data: { n }, dateTime }))
  )

  t.same(
    results.map(({ offset }) => offset),
    numbers.map((n) => n + 1)
  )
  const bodies = await sqs.bodies(QUEUE, COUNT)
  t.same(
    bodies.map(({ data }) => (data as { n: number }).n),
    numbers
  )
  t.same(
    (await listener.until(COUNT)).map(({ message }) => (message.data as { n: number }).n),
    numbers
  )
})

t.test('an array of 500 over HTTP does the same', async (t) => {
  const sqs = await startSqs(t)
  const app = await build(t, { sqs: sqs.options })
  await app.sqs.set('busy', { enabled: true, events: ['MESSAGES_UPSERT'] })

  const reply = await app.inject({
    method: 'POST',
    url: '/events/busy',
    headers: { apikey: API_KEY },
    payload: numbers.map((n) => ({ event: 'messages.upsert', data: { n } }))
  })

  t.equal(reply.statusCode, 202)
  t.equal(reply.json<unknown[]>().length, COUNT)
  t.same(
    (await sqs.bodies(QUEUE, COUNT)).map(({ data }) => (data as { n: number }).n),
    numbers
  )
})

t.test('the batches of a busy lane are full', async (t) => {
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

  await Promise.all(numbers.map((n) => app.onInstanceEvent({ instance: 'busy', event: 'call', data: n })))
  t.equal((await sqs.receive('global_call.fifo', COUNT)).length, COUNT)

  t.ok(calls <= COUNT / 10 + 1, `${calls} calls for ${COUNT} events`)
})

t.test('with 50 queues busy batches are still nearly full', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const server = await build(t, { sqs: { ...sqs.options, endpoint: proxy.endpoint } })
  const instances = Array.from({ length: 50 }, (_, n) => `instance-${n}`)
  for (const instance of instances) await server.sqs.set(instance, { enabled: true, events: ['CALL'] })
  const sizes: number[] = []
  proxy.decide = async ({ action, body }) => {
    if (action === 'SendMessageBatch') sizes.push((body.Entries as unknown[]).length)
    // A round trip as AWS has it, in which more events come than one call takes.
    await pause(10)
    return undefined
  }
  const rounds = 100
  for (let round = 0; round < rounds; round++) {
    // One event for each queue at a time, never a batch for any.
    await Promise.all(instances.map((instance) => server.onInstanceEvent({ instance, event: 'call', data: round })))
  }
  const { store } = server.eventLog
  await until(() => store.deliveries.pendingCount() === 0)

  const total = sizes.reduce((sum, size) => sum + size, 0)
  t.equal(total, rounds * instances.length)
  t.ok(total / sizes.length > 8, `${(total / sizes.length).toFixed(1)} entries a call`)
  for (const instance of instances) {
    const messages = sqs.server.inspectQueue(`${instance}_call.fifo`)?.messages.ready ?? []
    const numbers = messages.map(({ body }) => (JSON.parse(body) as { data: number }).data)
    t.same(
      numbers,
      Array.from({ length: rounds }, (_, n) => n)
    )
  }
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
