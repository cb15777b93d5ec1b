import type { Test } from 'tap'
import type { EventStore } from '../../../lib/store/event-store.ts'
import { newEvents } from '../../support/new-event.ts'
import { until } from '../../support/until.ts'
import type { Open } from '../conformance.ts'

const DATA = `"${'x'.repeat(9_000)}"`

function held(store: EventStore, instance: string): number {
  return store.log.retainedBytes(store.instances.require(instance).key)
}

/** PostgreSQL is asked now and then. */
function isAbout(store: EventStore, instance: string, bytes: number): Promise<void> {
  return until(() => held(store, instance) >= bytes && held(store, instance) < bytes * 1.2)
}

export function retainedBytes(t: Test, open: Open): void {
  void t.test('the bytes that an instance holds grow with its events, and are known after a start', async (t) => {
    const { store, reopen } = await open(t)
    await store.log.append(newEvents(10, { instance: 'sales', data: DATA }))
    await store.log.append(newEvents(20, { instance: 'support', data: DATA }))
    await isAbout(store, 'sales', 90_000)
    await isAbout(store, 'support', 180_000)
    await store.log.append(newEvents(10, { instance: 'sales', data: DATA }))
    t.ok(held(store, 'sales') >= 180_000, 'at once')
    const reopened = await reopen()
    await isAbout(reopened, 'sales', 180_000)
    await isAbout(reopened, 'support', 180_000)
    t.equal(reopened.log.retainedBytes(1_000), 0, 'none of an unknown instance')
  })

  void t.test('bytes of events that are pruned or erased are counted no more', async (t) => {
    const { store, reopen } = await open(t)
    await store.log.append(newEvents(10, { instance: 'sales', data: DATA }))
    await store.log.append(newEvents(10, { instance: 'sales', data: DATA, queues: ['a'] }))
    await store.log.append(newEvents(10, { instance: 'support', data: DATA }))
    await isAbout(store, 'sales', 180_000)
    while ((await store.log.prune({ acceptedBefore: Date.now() + 1_000, maxBytes: Infinity })).more);
    await isAbout(store, 'sales', 90_000)
    await until(() => held(store, 'support') === 0)
    const { key: instanceKey } = store.instances.require('sales')
    await store.log.erase(await store.log.read({ instanceKey, after: 0, limit: 10 }))
    await until(() => held(store, 'sales') < 9_000)
    const left = held(store, 'sales')
    t.ok(left > 0)
    const reopened = await reopen()
    await until(() => held(reopened, 'sales') === left)
    t.equal(held(reopened, 'support'), 0)
  })
}
