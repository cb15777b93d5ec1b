import { registerHooks } from 'node:module'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { createOffload } from '../../lib/sqs/offload.ts'
import { bare, build } from '../support/build.ts'
import { newEvent } from '../support/new-event.ts'
import { checkQueues } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import sqsPlugin from '../../plugins/sqs.ts'
import { soon, until } from '../support/until.ts'

/** A server on a store of the test's own, whose methods it may make fail. */
async function onOwnStore(t: Test) {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const sqs = await startSqs(t)
  const start = async () => {
    const server = bare(t)
    await server.register(sqsPlugin, { ...sqs.options, global: { events: ['CALL'] }, eventLog: { store } })
    await server.ready()
    return server
  }
  return { store, sqs, start }
}

const call = (data: unknown, instance = 'mine') => ({ instance, event: 'call', data })

t.test('an event that does not fit into a batch goes into the next one', async (t) => {
  const sqs = await startSqs(t)
  const server = await build(t, { sqs: { ...sqs.options, global: { events: ['CALL'] } } })
  const large = 'x'.repeat(600_000)
  await server.eventLog.accept(['a', 'b', 'c'].map((instance) => call(large, instance)))
  const bodies = await sqs.bodies('global_call.fifo', 3)
  t.same(bodies.map(({ instance }) => instance).sort(), ['a', 'b', 'c'])
  t.ok(bodies.every(({ data }) => data === large))
})

t.test('many lanes with large events take little memory, and all events are sent', async (t) => {
  const { store, sqs, start } = await onOwnStore(t)
  const instances = Array.from({ length: 400 }, (_, n) => `instance-${n}`)
  const data = JSON.stringify('x'.repeat(190_000))
  const rounds = 2
  for (let round = 0; round < rounds; round++) {
    const queues = ['global_call.fifo']
    await store.log.append(instances.map((instance) => newEvent({ instance, event: 'call', data, queues })))
  }
  const { readLane, acknowledge } = store.deliveries
  let held = 0
  let most = 0
  store.deliveries.readLane = async (...args) => {
    const page = await readLane.apply(store.deliveries, args)
    held += page.length
    most = Math.max(most, held)
    return page
  }
  store.deliveries.acknowledge = (refs) => {
    held -= refs.length
    return acknowledge.call(store.deliveries, refs)
  }
  const server = await start()
  await until(() => store.deliveries.pendingCount() === 0)
  t.equal(sqs.depth('global_call.fifo'), instances.length * rounds)
  // 32 million characters, then one event a lane, and what is on its way.
  t.ok(most < 650, `${most} of ${instances.length * rounds} events at the most`)
  await server.close()
})

t.test('a read of the store that fails is repeated', async (t) => {
  const { store, sqs, start } = await onOwnStore(t)
  const { readLane } = store.deliveries
  let failures = 1
  store.deliveries.readLane = (...args) =>
    failures-- > 0 ? Promise.reject(new Error('busy')) : readLane.apply(store.deliveries, args)
  const first = await start()
  await first.close()
  const second = await start()
  await second.sqs.emit(call('before'))
  await sqs.bodies('global_call.fifo', 1)
  // More than a lane holds in memory: the rest is read.
  await second.eventLog.accept(Array.from({ length: 500 }, (_, n) => call(n)))
  await until(() => sqs.depth('global_call.fifo') === 500)
  checkQueues(t, sqs.server, { 'global_call.fifo': new Map([['mine', Array.from({ length: 500 }, (_, n) => n)]]) })
  t.ok(failures < 0, 'it failed once')
})

t.test('a read that does not end does not delay a server that closes', async (t) => {
  const { store, start } = await onOwnStore(t)
  const first = await start()
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<never>()
  store.deliveries.readLane = () => {
    asked.resolve()
    return answer.promise
  }
  await first.eventLog.accept(Array.from({ length: 500 }, (_, n) => call(n)))
  await soon(asked.promise, 'a read')
  await first.close()
  answer.reject(new Error('closed'))
  t.ok(store.deliveries.pendingCount() > 0, 'the rest stays pending')
})

t.test('acknowledgements that the store refuses are stored later, and their events are not sent twice', async (t) => {
  const { store, sqs, start } = await onOwnStore(t)
  const { acknowledge } = store.deliveries
  let failures = 1
  store.deliveries.acknowledge = (refs) =>
    failures-- > 0 ? Promise.reject(new Error('disk full')) : acknowledge.call(store.deliveries, refs)
  const server = await start()
  await server.sqs.emit(call('once'))
  t.match(await sqs.bodies('global_call.fifo', 1), [{ data: 'once' }])
  await until(() => store.deliveries.pendingCount() === 0)
  t.ok(failures < 0)
  t.equal(sqs.depth('global_call.fifo'), 0)
})

t.test('a server that closes does not wait for a store that refuses', async (t) => {
  const { store, sqs, start } = await onOwnStore(t)
  const refused = Promise.withResolvers<void>()
  const late = Promise.withResolvers<void>()
  let calls = 0
  store.deliveries.acknowledge = async () => {
    calls++
    refused.resolve()
    if (calls > 1) await late.promise
    throw new Error('disk full')
  }
  const server = await start()
  await server.sqs.emit(call('first'))
  await soon(refused.promise, 'an acknowledgement')
  await server.sqs.emit(call('second', 'other'))
  await sqs.bodies('global_call.fifo', 2)
  await server.close()
  late.resolve()
  t.equal(store.deliveries.pendingCount(), 2, 'both are sent again after the next start; SQS knows them by their ids')
})

t.test('a queue that was deleted a moment ago is created again after a minute, as SQS asks', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const server = await build(t, { sqs: { ...sqs.options, endpoint: proxy.endpoint } })
  await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  sqs.server.deleteQueue('mine_call.fifo')
  proxy.decide = ({ action }) =>
    action === 'CreateQueue' ? { status: 400, code: 'QueueDeletedRecently', message: 'wait 60 seconds' } : undefined
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  const failsWith = (code: string) => until(() => server.sqs.faults().some((fault) => fault.code === code))
  await failsWith('QueueDoesNotExist')
  mock.timers.tick(100)
  await failsWith('QueueDeletedRecently')
  const before = proxy.calls.length
  mock.timers.tick(59_999)
  // A try would have called SQS before this does.
  await server.sqs.status()
  t.equal(proxy.calls.length, before + 1)
  proxy.decide = () => undefined
  mock.timers.tick(1)
  mock.timers.reset()
  t.match(await sqs.bodies('mine_call.fifo', 1), [{ data: 1 }])
})

t.test('SQS is reachable if it accepts the credentials, whatever it answers about queues', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const server = await build(t, { sqs: { ...sqs.options, endpoint: proxy.endpoint } })
  t.strictSame(await server.sqs.status(), { ok: true }, 'there is no such queue')
  sqs.server.createQueue('fastify-instance-events-probe')
  t.strictSame(await server.sqs.status(), { ok: true }, 'there is one')
  proxy.decide = () => ({ status: 403, code: 'AccessDenied' })
  t.strictSame(await server.sqs.status(), { ok: true }, 'not for us to ask')
  proxy.decide = () => ({ status: 403, code: 'InvalidClientTokenId', message: 'no such key' })
  t.strictSame(await server.sqs.status(), { ok: false, code: 'InvalidClientTokenId', message: 'no such key' })
  proxy.decide = () => ({ status: 503, code: 'ServiceUnavailable' })
  t.match(await server.sqs.status(), { ok: false, code: 'ServiceUnavailable' })
})

t.test('a bucket without the packages for S3 is refused with what to install', async (t) => {
  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === '@aws-sdk/client-s3') throw new Error('Cannot find package')
      return nextResolve(specifier, context)
    }
  })
  t.after(() => hooks.deregister())
  await t.rejects(createOffload({ bucket: 'some-bucket' }), {
    code: 'IEV_OPTIONS_INVALID',
    message: /install @aws-sdk\/client-s3 and @aws-sdk\/s3-request-presigner/
  })
})
