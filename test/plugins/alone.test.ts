import Fastify from 'fastify'
import t from 'tap'
import app from '../../app.ts'
import eventLog from '../../plugins/event-log.ts'
import instanceEvents from '../../plugins/instance-events.ts'
import sqs from '../../plugins/sqs.ts'
import websocket from '../../plugins/websocket.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { API_KEY, bare, folder } from '../support/build.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'

const inMemory = { eventLog: { url: ':memory:' } }

t.test('with the sqs plugin alone, an emitted event is durable and arrives', async (t) => {
  const { options, bodies } = await startSqs(t)
  const server = bare(t)
  await server.register(sqs, { ...options, ...inMemory })
  await server.ready()

  const { queues } = await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  t.match(queues, [{ event: 'CALL', name: 'mine_call.fifo', url: /mine_call\.fifo$/ }])
  const { offset } = await server.sqs.emit({ instance: 'mine', event: 'call', data: { from: 'Maria' } })

  t.match(await bodies('mine_call.fifo', 1), [{ event: 'call', data: { from: 'Maria' }, offset }])
  t.notOk(server.hasDecorator('websocket'))
  t.notOk(server.hasDecorator('io'))
})

t.test('with the websocket plugin alone, an emitted event reaches connected sockets', async (t) => {
  const server = bare(t)
  await server.register(websocket, { apiKey: API_KEY, ...inMemory })
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  await server.websocket.set('mine', { enabled: true, events: ['CALL'] })
  const { until } = await connect(t, `${url}/mine`, API_KEY)

  await server.websocket.emit({ instance: 'mine', event: 'presence.update', data: 'not selected' })
  const { offset } = await server.websocket.emit({ instance: 'mine', event: 'call', data: { from: 'Maria' } })

  t.match(await until(1), [{ event: 'call', message: { data: { from: 'Maria' }, offset } }])
  t.notOk(server.hasDecorator('sqs'))
})

t.test('both plugins share the event log of the host, and each emits through its transport only', async (t) => {
  const { options, bodies, depth } = await startSqs(t)
  const server = bare(t)
  await server.register(eventLog, { url: ':memory:' })
  await server.register(sqs, options)
  await server.register(websocket, { apiKey: API_KEY })
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  await server.sqs.set('mine', { enabled: true })
  await server.websocket.set('mine', { enabled: true })
  const { until, received } = await connect(t, `${url}/mine`, API_KEY)

  await server.sqs.emit({ instance: 'mine', event: 'call', data: 'queue' })
  await server.websocket.emit({ instance: 'mine', event: 'call', data: 'socket' })

  t.match(await until(1), [{ message: { data: 'socket' } }])
  t.match(await bodies('mine_call.fifo', 1), [{ data: 'queue' }])
  t.equal(received.length, 1)
  t.equal(depth('mine_call.fifo'), 0)
})

t.test('a store that the host created is not closed', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const server = Fastify()
  await server.register(websocket, { eventLog: { store } })
  await server.ready()
  await server.close()
  await store.check()
  t.pass('it still answers')
})

t.test('an SQS client that the host created is used, and not destroyed', async (t) => {
  const { client, options, bodies } = await startSqs(t)
  const server = Fastify()
  await server.register(sqs, { client, ...inMemory, global: { prefix: 'own', events: ['CALL'] } })
  await server.ready()
  await server.sqs.emit({ instance: 'mine', event: 'call', data: 1 })
  t.equal((await bodies('own_call.fifo', 1)).length, 1)
  await server.close()
  t.equal(server.sqs.client, client)
  t.equal(await client.config.region(), options.region)
  t.same((await bodies('own_call.fifo', 0)).length, 0)
})

t.test('the second registration of a plugin fails with an error that says so', async (t) => {
  const { options } = await startSqs(t)
  const again: [(server: ReturnType<typeof bare>) => PromiseLike<unknown>, RegExp][] = [
    [(server) => server.register(eventLog, {}), /event-log plugin .* fastify\.eventLog/],
    [(server) => server.register(sqs, options), /sqs plugin .* fastify\.sqs/],
    [(server) => server.register(websocket, {}), /websocket plugin .* fastify\.websocket/]
  ]
  for (const [register, message] of again) {
    const server = bare(t)
    await server.register(eventLog, { url: ':memory:' })
    await server.register(sqs, options)
    await server.register(websocket, {})
    await t.rejects(async () => register(server), { code: 'IEV_ALREADY_REGISTERED', message })
  }
})

t.test('two contexts of a server can have sockets at different paths', async (t) => {
  const server = bare(t)
  const inContext = async (path?: string) =>
    server.register(async (context) => {
      await context.register(websocket, { ...inMemory, ...(path !== undefined && { path }) })
    })
  await inContext()
  await inContext('/other')
  const message = /another path than \/socket\.io/
  await t.rejects(async () => inContext(), { code: 'IEV_ALREADY_REGISTERED', message })
})

t.test('a host that has fastify.io already gets an error that says so', async (t) => {
  const server = bare(t)
  server.decorate('io', {} as never)
  await t.rejects(async () => server.register(websocket, inMemory), { code: 'IEV_SOCKETIO_TAKEN' })
})

t.test('the error of a wrong option names it, and the known options', async (t) => {
  const attempts: [() => Promise<unknown>, RegExp][] = [
    [
      async () => bare(t).register(sqs, { regoin: 'x' } as never),
      /^sqs plugin: regoin is not an option; the options are .*region/
    ],
    [async () => bare(t).register(sqs, { concurrency: 0 }), /^sqs plugin: concurrency: /],
    [
      async () => bare(t).register(sqs, { global: { events: ['CAL'] }, ...inMemory }),
      /global\.events\[0\] "CAL" .* CALL/
    ],
    [async () => bare(t).register(websocket, { allowedHosts: ['localhost'] }), /"localhost" is not an IP address/],
    [async () => bare(t).register(eventLog, { url: 'mysql://x' }), /"mysql:\/\/x" is not supported/],
    [async () => bare(t).register(app, { apiKey: 'short' }), /apiKey: /],
    [
      async () => bare(t).register(app, { apiKey: API_KEY, sqs: { global: { prefx: 'x' } as never } }),
      /sqs\.global\.prefx is not an option; the options are prefix/
    ],
    [async () => bare(t).register(app, {} as never), /apiKey: /]
  ]
  for (const [attempt, message] of attempts) await t.rejects(attempt(), { code: /^IEV_/, message })
})

t.test('plugins do not change their options', async (t) => {
  const options = Object.freeze({ ...inMemory, apiKey: API_KEY, sqs: false as const, websocket: Object.freeze({}) })
  const server = bare(t)
  await server.register(app, options)
  await server.ready()
  t.same(Object.keys(options), ['eventLog', 'apiKey', 'sqs', 'websocket'])
})

t.test('a server closes before it is ready, and right after', async (t) => {
  const { options } = await startSqs(t)
  const url = `file:${folder(t)}/events.db`
  for (const ready of [false, true]) {
    const server = Fastify()
    await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url }, sqs: { ...options, global: {} } })
    if (ready) await server.ready()
    await server.close()
    await server.close()
  }
  t.pass('and lets go of its database')
})

t.test('a host can replace the catalogue with events of its own', async (t) => {
  const { options, bodies } = await startSqs(t)
  const server = bare(t)
  await server.register(eventLog, { url: ':memory:', events: { names: ['invoice.paid'], replace: true } })
  await server.register(sqs, { ...options, global: {} })
  await server.register(instanceEvents)
  await server.ready()
  await server.onInstanceEvent({ instance: 'shop', event: 'INVOICE_PAID', data: { total: 7 } })
  t.match(await bodies('global_invoice_paid.fifo', 1), [{ event: 'invoice.paid', data: { total: 7 } }])
  await t.rejects(server.onInstanceEvent({ instance: 'shop', event: 'call', data: 1 }), { code: 'IEV_EVENT_UNKNOWN' })
})

t.test('an event that is restricted to a transport is delivered only by that one', async (t) => {
  const { options, bodies, depth } = await startSqs(t)
  const server = bare(t)
  await server.register(eventLog, { url: ':memory:', logUnselected: false, autoRegister: false })
  await server.register(sqs, { ...options, global: { events: ['CALL'] } })
  await server.register(instanceEvents)
  await server.ready()
  const event = { instance: 'mine', event: 'call', data: 1 }
  await t.rejects(server.onInstanceEvent(event), { code: 'IEV_INSTANCE_NOT_FOUND' })
  await server.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })

  t.match(
    await server.onInstanceEvent({ ...event, transports: ['websocket'] }),
    { offset: 0, duplicate: false },
    'goes nowhere'
  )
  t.match(await server.onInstanceEvent({ ...event, transports: ['sqs'] }), { offset: 1 })
  t.match(
    await server.eventLog.accept([{ ...event, transports: [] }, event]),
    [{ offset: 0 }, { offset: 2 }],
    'an array may have both'
  )
  t.equal((await bodies('global_call.fifo', 2)).length, 2)
  t.equal(depth('global_call.fifo'), 0)
})
