import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { PARTITIONS, partitionOf } from '../../lib/store/partitions.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import type { StoredEvent } from '../../lib/events/event.ts'
import type { LaneWatcher } from '../../lib/store/delivery-store.ts'
import { build } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { holdAcknowledgements, holdSends } from '../support/held-calls.ts'
import { startSqs } from '../support/sqs.ts'
import { followLog } from '../support/follow-log.ts'
import { soon, until } from '../support/until.ts'

/** A store whose watcher the test calls. New events are reported to it, unless `reports` says otherwise. */
function watchedStore(t: Test, { reports = () => true }: { reports?: (event: StoredEvent) => boolean } = {}) {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const watching = Promise.withResolvers<LaneWatcher>()
  t.capture(store.deliveries, 'watch', async (watcher: LaneWatcher) => {
    watching.resolve(watcher)
    followLog(store, (events) => watcher.appended(events.filter(reports)))
    return async () => {}
  })
  return { store, watcher: watching.promise }
}

t.test('an event is sent once this process may send for its instance', async (t) => {
  const sqs = await startSqs(t)
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  // A node whose lease is about to be renewed may send nothing.
  let refusals = 2
  t.capture(store.deliveries, 'maySend', () => refusals-- <= 0)
  const app = await build(t, { eventLog: { store }, sqs: sqs.options })
  await app.sqs.set('sales', { enabled: true, events: ['CALL'] })
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  t.match(await sqs.bodies('sales_call.fifo', 1), [{ data: 1 }])
  t.ok(refusals < 0)
})

t.test(
  'events that waited for their queue are not sent while this process may not send, and in order when it may again',
  async (t) => {
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const store = new SqliteStore({ path: ':memory:' })
    t.after(() => store.close())
    let may = true
    const early: unknown[] = []
    const refused = Promise.withResolvers<void>()
    t.capture(store.deliveries, 'maySend', () => {
      if (!may) refused.resolve()
      return may
    })
    const found = Promise.withResolvers<undefined>()
    proxy.decide = ({ action, body }) => {
      if (action === 'GetQueueUrl') return found.promise
      if (action !== 'SendMessageBatch' || may) return undefined
      early.push(body)
      refused.resolve()
      return 'reset'
    }
    const app = await build(t, {
      eventLog: { store },
      sqs: { ...sqs.options, endpoint: proxy.endpoint, global: { events: ['CALL'] } }
    })
    for (const data of [1, 2, 3]) await app.sqs.emit({ instance: 'sales', event: 'call', data })
    may = false
    found.resolve(undefined)
    await soon(refused.promise, 'the question whether it may send')
    may = true
    const bodies = await sqs.bodies('global_call.fifo', 3)
    t.same(
      bodies.map(({ data }) => data),
      [1, 2, 3]
    )
    t.same(early, [])
  }
)

t.test(
  'events that waited for their queue are sent once when the right to send was lost and received again meanwhile',
  async (t) => {
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const { store, watcher } = watchedStore(t)
    const found = Promise.withResolvers<undefined>()
    proxy.decide = ({ action }) => (action === 'GetQueueUrl' ? found.promise : undefined)
    const app = await build(t, {
      eventLog: { store },
      sqs: { ...sqs.options, endpoint: proxy.endpoint, global: { events: ['CALL'] } }
    })
    await app.sqs.emit({ instance: 'sales', event: 'call', data: 1 })
    const { revoked, pending } = await watcher
    const { key: instanceKey } = store.instances.require('sales')
    revoked(new Set([partitionOf(instanceKey)]))
    pending([{ queue: 'global_call.fifo', instanceKey }])
    found.resolve(undefined)
    await until(() => store.deliveries.pendingCount() === 0)
    t.match(await sqs.bodies('global_call.fifo', 1), [{ data: 1 }])
    t.equal(proxy.calls.filter(({ action }) => action === 'SendMessageBatch').length, 1)
  }
)

t.test('events that wait in line are not sent when another process has the right to send them', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const { store, watcher } = watchedStore(t)
  const app = await build(t, {
    eventLog: { store },
    sqs: { ...sqs.options, endpoint: proxy.endpoint, concurrency: 1, global: { events: ['CALL'] } }
  })
  const held = holdSends(proxy)
  const call = (instance: string) => app.onInstanceEvent({ instance, event: 'call', data: instance })
  await call('under way')
  await soon(held.asked, 'the first call')
  await call('in line')
  const { revoked } = await watcher
  revoked(new Set([partitionOf(store.instances.require('in line').key)]))
  held.release()
  await call('after it')
  const bodies = await sqs.bodies('global_call.fifo', 2)
  t.same(bodies.map(({ data }) => data).sort(), ['after it', 'under way'])
  await until(() => store.deliveries.pendingCount() === 1)
  t.equal(sqs.depth('global_call.fifo'), 0)
})

t.test('an event that the store reports as pending while its lane is in flight is sent', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const { store, watcher } = watchedStore(t, { reports: ({ data }) => data !== '"of another node"' })
  const app = await build(t, {
    eventLog: { store },
    sqs: { ...sqs.options, endpoint: proxy.endpoint, global: { events: ['CALL'] } }
  })
  const held = holdSends(proxy)
  await app.sqs.emit({ instance: 'sales', event: 'call', data: 'of this node' })
  await soon(held.asked, 'the first call')
  await app.sqs.emit({ instance: 'sales', event: 'call', data: 'of another node' })
  const { pending } = await watcher
  pending([{ queue: 'global_call.fifo', instanceKey: store.instances.require('sales').key }])
  held.release()
  t.match(await sqs.bodies('global_call.fifo', 2), [{ data: 'of this node' }, { data: 'of another node' }])
})

t.test('a partition is handed over once the acknowledgements of its events are stored', async (t) => {
  const sqs = await startSqs(t)
  const { store, watcher } = watchedStore(t)
  const held = holdAcknowledgements(store)
  const app = await build(t, { eventLog: { store }, sqs: { ...sqs.options, global: { events: ['CALL'] } } })
  await app.sqs.emit({ instance: 'sales', event: 'call', data: 1 })
  await soon(held.asked, 'the acknowledgement')
  const { release } = await watcher
  const pending: number[] = []
  const handingOver = (async () => {
    const all = new Set(Array.from({ length: PARTITIONS }, (_, n) => n))
    // A process that receives a partition reads what is pending in it.
    for await (const { size } of release(all)) pending.push(size && store.deliveries.pendingCount())
  })()
  await turn()
  t.strictSame(pending, [])
  held.release()
  await soon(handingOver, 'the partitions')
  t.strictSame(pending, [0])
})

t.test('lanes that a store reads from memory leave the event loop to others in between', async (t) => {
  const { store, watcher } = watchedStore(t, { reports: () => false })
  const { readLane } = store.deliveries
  let turns = 0
  const read: number[] = []
  store.deliveries.readLane = (...args) => {
    read.push(turns)
    const begun = performance.now()
    while (performance.now() - begun < 12);
    return readLane.apply(store.deliveries, args)
  }
  await build(t, { eventLog: { store }, sqs: { client: { send: () => new Promise(() => {}) }, shutdownTimeoutMs: 0 } })
  const { pending } = await watcher
  pending([1, 2, 3].map((instanceKey) => ({ queue: 'mine_call.fifo', instanceKey })))
  while (read.length < 3) {
    await turn()
    turns++
  }
  t.equal(new Set(read).size, 3)
})
