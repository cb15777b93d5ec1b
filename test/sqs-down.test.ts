import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { API_KEY, bare, build, folder } from './support/build.ts'
import { startFaultProxy } from './support/fault-proxy.ts'
import { startSqs } from './support/sqs.ts'
import app from '../app.ts'

const headers = { apikey: API_KEY }

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function proxied(t: Test) {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  return { sqs, proxy, options: { ...sqs.options, endpoint: proxy.endpoint } }
}

t.test('SQS unreachable at start: the server starts, says so, takes events in, and sends them later', async (t) => {
  const port = await closedPort()
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
    checks: { eventStore: { ok: true }, sqs: { ok: false, code: 'ECONNREFUSED' } }
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
  t.equal(server.eventStore.store.pendingCount(), 25)
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
  const { proxy, options } = await proxied(t)
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
  t.equal(server.eventStore.instances.get('new'), undefined)
})

t.test('a queue that we may not make but that is there is used', async (t) => {
  const { sqs, proxy, options } = await proxied(t)
  sqs.server.createQueue('mine_call.fifo', { attributes: { FifoQueue: 'true', ContentBasedDeduplication: 'true' } })
  proxy.decide = ({ action }) => (action === 'CreateQueue' ? { status: 403, code: 'AccessDenied' } : undefined)
  const server = await build(t, { sqs: options })
  await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  t.match(await sqs.bodies('mine_call.fifo', 1), [{ data: 1 }])
})

t.test('a queue that we may neither make nor find is an error with AWS’s code', async (t) => {
  const { proxy, options } = await proxied(t)
  const server = await build(t, { sqs: options })
  proxy.decide = ({ action }) =>
    action === 'CreateQueue' ? { status: 403, code: 'AccessDenied' } : { status: 500, code: 'InternalFailure' }
  await t.rejects(server.sqs.set('mine', { enabled: true, events: ['CALL'] }), {
    code: 'IEV_SQS_QUEUE_UNAVAILABLE',
    message: /mine_call\.fifo.*InternalFailure/
  })
})

t.test('a failing call is tried again, order kept; a queue that fails holds only itself back', async (t) => {
  const { sqs, proxy, options } = await proxied(t)
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

t.test('a queue that is deleted is made again, and what waited is sent', async (t) => {
  const { sqs, options } = await proxied(t)
  const server = await build(t, { sqs: options })
  await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  sqs.server.deleteQueue('mine_call.fifo')
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'first' })
  t.match(await sqs.bodies('mine_call.fifo', 1), [{ data: 'first' }])
})

t.test('an entry that SQS refuses is tried again; its neighbours of other instances go on', async (t) => {
  const { sqs, proxy, options } = await proxied(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  let refusals = 2
  server.sqs.client.middlewareStack.add(
    (next, context) => async (args) => {
      const { input } = args as { input: { Entries?: { Id: string; MessageBody: string }[] } }
      if (context.commandName !== 'SendMessageBatchCommand' || refusals === 0) return next(args)
      const bad = input.Entries?.find(({ MessageBody }) => MessageBody.includes('"unlucky"'))
      if (!bad || input.Entries?.length === 1) return next(args)
      refusals--
      const Entries = input.Entries?.filter((entry) => entry !== bad)
      const answer = await next({ ...args, input: { ...input, Entries } } as typeof args)
      const output = answer.output as { Failed?: unknown[] }
      output.Failed = [{ Id: bad.Id, Code: 'InternalError', Message: 'try again', SenderFault: false }]
      return answer
    },
    { step: 'initialize' }
  )

  await Promise.all(
    ['lucky', 'unlucky', 'happy'].map((instance) => server.onInstanceEvent({ instance, event: 'call', data: 1 }))
  )

  const bodies = await sqs.bodies('global_call.fifo', 3)
  t.same(bodies.map(({ instance }) => instance).sort(), ['happy', 'lucky', 'unlucky'])
  t.equal(refusals, 1, 'it was refused once')
  t.ok(proxy.calls.some(({ action }) => action === 'SendMessageBatch'))
})

t.test('what SQS refuses for good becomes a dead letter after some tries, and the lane goes on', async (t) => {
  const { sqs, proxy, options } = await proxied(t)
  const server = await build(t, {
    sqs: { ...options, global: { events: ['CALL', 'PRESENCE_UPDATE'] }, maxAttempts: 3 }
  })
  const { store } = server.eventStore
  let denied = 0
  proxy.decide = ({ action, body }) => {
    if (action !== 'SendMessageBatch' || !String(body.QueueUrl).includes('call') || denied === 3) return undefined
    denied++
    return { status: 403, code: 'AccessDenied', message: 'not yours' }
  }
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'dies' })
  await server.onInstanceEvent({ instance: 'mine', event: 'presence.update', data: 'another queue' })
  t.match(await sqs.bodies('global_presence_update.fifo', 1), [{ data: 'another queue' }])
  while ((await store.readDeadLetters({ after: 0, limit: 10 })).length === 0) await store.check()
  t.match(await store.readDeadLetters({ after: 0, limit: 10 }), [
    { offset: 1, queue: 'global_call.fifo', reason: 'AccessDenied', message: 'not yours', attempts: 3 }
  ])
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'lives' })
  t.match(await sqs.bodies('global_call.fifo', 1), [{ data: 'lives' }])
  while (store.pendingCount() > 0) await store.check()
})

t.test('of a call that is refused because of one entry only that one dies, and the others are sent', async (t) => {
  const { sqs, proxy, options } = await proxied(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] }, maxAttempts: 2 } })
  proxy.decide = ({ action, body }) =>
    action === 'SendMessageBatch' && JSON.stringify(body.Entries).includes('evil')
      ? { status: 400, code: 'InvalidParameterValue', message: 'not like this' }
      : undefined
  const instances = ['a', 'b', 'c', 'evil', 'd', 'e']
  await server.eventStore.acceptAll(instances.map((instance) => ({ instance, event: 'call', data: 1 })))
  const bodies = await sqs.bodies('global_call.fifo', 5)
  t.same(bodies.map(({ instance }) => instance).sort(), ['a', 'b', 'c', 'd', 'e'])
  const { store } = server.eventStore
  while ((await store.deadLetterCount()).count === 0) await store.check()
  t.match(await store.readDeadLetters({ after: 0, limit: 10 }), [
    { instance: 'evil', reason: 'InvalidParameterValue', attempts: 2 }
  ])
})

t.test('an entry that SQS refuses for good is buried alone', async (t) => {
  const { sqs, options } = await proxied(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] }, maxAttempts: 2 } })
  server.sqs.client.middlewareStack.add(
    (next, context) => async (args) => {
      const { input } = args as { input: { Entries?: { Id: string; MessageBody: string }[] } }
      if (context.commandName !== 'SendMessageBatchCommand') return next(args)
      const bad = input.Entries?.filter(({ MessageBody }) => MessageBody.includes('"data":"bad ')) ?? []
      const Entries = input.Entries?.filter((entry) => !bad.includes(entry)) ?? []
      const answer =
        Entries.length > 0
          ? await next({ ...args, input: { ...input, Entries } } as typeof args)
          : { output: { $metadata: {} }, response: {} }
      const output = answer.output as { Failed?: unknown[] }
      output.Failed = bad.map(({ Id }) => ({ Id, Code: 'InvalidMessageContents', SenderFault: true }))
      return answer
    },
    { step: 'initialize' }
  )
  await server.eventStore.acceptAll(
    ['good', 'bad 1', 'bad 2', 'fine'].map((data) => ({ instance: 'mine', event: 'call', data }))
  )
  t.match(await sqs.bodies('global_call.fifo', 2), [{ data: 'good' }, { data: 'fine' }])
  const { store } = server.eventStore
  while ((await store.readDeadLetters({ after: 0, limit: 10 })).length < 2) await store.check()
  t.match(await store.readDeadLetters({ after: 0, limit: 10 }), [
    { offset: 2, reason: 'InvalidMessageContents', message: 'InvalidMessageContents', attempts: 2 },
    { offset: 3, attempts: 2 }
  ])
})

t.test('an entry that SQS’s answer leaves out is tried again', async (t) => {
  const { sqs, proxy, options } = await proxied(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  let silent = 1
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' && silent-- > 0 ? { status: 200, code: 'Nothing' } : undefined
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  t.match(await sqs.bodies('global_call.fifo', 1), [{ data: 1 }])
  t.ok(silent < 0)
})

t.test('what failed alone goes alone: nothing behind it is accepted before it', async (t) => {
  const { sqs, proxy, options } = await proxied(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  const sizes: number[] = []
  proxy.decide = ({ action, body }) => {
    if (action !== 'SendMessageBatch') return undefined
    const entries = body.Entries as { Id: string }[]
    sizes.push(entries.length)
    // All of the first, then the first of what comes: those behind it must not overtake it.
    if (sizes.length > 3) return undefined
    const refused = sizes.length === 1 ? entries : entries.slice(0, 1)
    return { refuse: refused.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })) }
  }
  const numbers = Array.from({ length: 10 }, (_, n) => n)
  await server.eventStore.acceptAll(numbers.map((data) => ({ instance: 'mine', event: 'call', data })))
  t.same(
    (await sqs.bodies('global_call.fifo', 10)).map(({ data }) => data),
    numbers
  )
  t.same(sizes.slice(0, 4), [10, 1, 1, 1])
})

t.test('an id used again after the instance was deleted is another event', async (t) => {
  const { sqs, options } = await proxied(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  const event = { instance: 'mine', event: 'call', id: 'same' }
  await server.onInstanceEvent({ ...event, data: 'first' })
  await server.eventStore.instances.remove('mine')
  t.match(await server.onInstanceEvent({ ...event, data: 'second' }), { duplicate: false })
  t.match(await sqs.bodies('global_call.fifo', 2), [{ data: 'first' }, { data: 'second' }])
})

t.test('a message that is too large becomes a dead letter, and the lane goes on', async (t) => {
  const { sqs, options } = await proxied(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] }, maxPayloadBytes: 2_048 } })
  const buried = new Promise<void>((resolve) => {
    const bury = server.eventStore.store.bury.bind(server.eventStore.store)
    server.eventStore.store.bury = (...args) => bury(...args).finally(resolve)
  })
  const accept = (data: string) => server.onInstanceEvent({ instance: 'mine', event: 'call', data })
  await Promise.all([accept('before'), accept('x'.repeat(3_000)), accept('after')])

  t.match(await sqs.bodies('global_call.fifo', 2), [{ data: 'before' }, { data: 'after' }])
  await buried
  t.match(await server.eventStore.store.readDeadLetters({ after: 0, limit: 10 }), [
    {
      queue: 'global_call.fifo',
      instance: 'mine',
      offset: 2,
      reason: 'IEV_SQS_PAYLOAD_TOO_LARGE',
      message: /limit is 2048/
    }
  ])
  while (server.eventStore.store.pendingCount() > 0) await server.eventStore.store.check()
})

t.test('what a closing server had not sent is sent after the next start, once', async (t) => {
  const { sqs, proxy, options } = await proxied(t)
  const eventStore = { url: `file:${folder(t)}/events.db` }
  const start = async () => {
    const server = bare(t)
    await server.register(app, {
      apiKey: API_KEY,
      docs: false,
      eventStore,
      sqs: { ...options, global: { events: ['CALL'] } }
    })
    await server.ready()
    return server
  }
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' ? { status: 503, code: 'ServiceUnavailable' } : undefined
  const first = await start()
  const numbers = Array.from({ length: 300 }, (_, n) => n)
  await first.eventStore.acceptAll(numbers.map((data) => ({ instance: 'mine', event: 'call', data })))
  await first.close()
  await t.rejects(first.onInstanceEvent({ instance: 'mine', event: 'call', data: 'late' }), { code: 'IEV_CLOSING' })

  proxy.decide = () => undefined
  const second = await start()
  await second.onInstanceEvent({ instance: 'mine', event: 'call', data: 300 })
  const bodies = await sqs.bodies('global_call.fifo', 301)
  t.same(
    bodies.map(({ data }) => data),
    [...numbers, 300]
  )
  t.equal(sqs.depth('global_call.fifo'), 0)
})
