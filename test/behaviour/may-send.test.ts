import t from 'tap'
import { partitionOf } from '../../lib/store/partitions.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import type { LaneWatcher } from '../../lib/store/delivery-store.ts'
import { build } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { followLog } from '../support/follow-log.ts'
import { until } from '../support/until.ts'

t.test('what may not be sent at this moment is sent when it may', async (t) => {
  const sqs = await startSqs(t)
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  // As of a node that was held up, and whose right to send is about to be renewed.
  let refusals = 2
  const asked = t.capture(store.deliveries, 'maySend', () => refusals-- <= 0)
  const app = await build(t, { eventLog: { store }, sqs: sqs.options })
  await app.sqs.set('sales', { enabled: true, events: ['CALL'] })
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  t.match(await sqs.bodies('sales_call.fifo', 1), [{ data: 1 }])
  t.ok(asked().length >= 3)
})

t.test('what stands in line when the right to send is lost is left to who has it then', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  let watcher: LaneWatcher | undefined
  t.capture(store.deliveries, 'watch', async (given: LaneWatcher) => {
    watcher = given
    followLog(store, (events) => given.appended(events))
    return async () => {}
  })
  const app = await build(t, {
    eventLog: { store },
    sqs: { ...sqs.options, endpoint: proxy.endpoint, concurrency: 1, global: { events: ['CALL'] } }
  })
  const held = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  proxy.decide = async ({ action }) => {
    if (action !== 'SendMessageBatch') return undefined
    asked.resolve()
    await held.promise
    return undefined
  }
  const call = (instance: string) => app.onInstanceEvent({ instance, event: 'call', data: instance })
  await call('on its way')
  await asked.promise
  await call('in line')
  watcher?.revoked(new Set([partitionOf(store.instances.require('in line').key)]))
  held.resolve()
  await call('after it')
  const bodies = await sqs.bodies('global_call.fifo', 2)
  t.same(bodies.map(({ data }) => data).sort(), ['after it', 'on its way'])
  await until(() => store.deliveries.pendingCount() === 1)
  t.equal(sqs.depth('global_call.fifo'), 0)
})
