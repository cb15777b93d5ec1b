import type { Test } from 'tap'
import type { EventStore } from '../../../lib/store/event-store.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

const FULL = { code: 'IEV_BACKPRESSURE', statusCode: 503, instance: undefined }
const SHARE_USED = {
  code: 'IEV_BACKPRESSURE',
  statusCode: 503,
  instance: 'greedy',
  message: /the "greedy" instance has used its share of pending deliveries/
}

export function shares(t: Test, open: Open): void {
  const append = (store: EventStore, instance: string, count = 1) =>
    store.log.append(newEvents(count, { instance, queues: ['a'] }))

  void t.test('an instance alone may fill the backlog, and another one still finds room', async (t) => {
    const { store } = await open(t, { maxPendingDeliveries: 20 })
    await append(store, 'greedy', 20)
    await t.rejects(append(store, 'greedy'), FULL)
    await t.resolves(append(store, 'other', 5))
    await t.rejects(append(store, 'greedy'), SHARE_USED)
    t.equal(store.deliveries.pendingCount(), 25)
  })

  void t.test('an instance has half of the backlog while another has any, each call whole or not at all', async (t) => {
    const { store } = await open(t, { maxPendingDeliveries: 20 })
    await append(store, 'other')
    const results = await Promise.allSettled([append(store, 'greedy', 9), append(store, 'greedy', 2)])
    t.match(results, [{ status: 'fulfilled' }, { status: 'rejected', reason: SHARE_USED }])
    await append(store, 'greedy')
    await t.rejects(store.log.append([newEvent({ instance: 'other', queues: ['a'] }), ...greedy()]), SHARE_USED)
    await t.resolves(store.log.append([newEvent({ instance: 'greedy' })]), 'without a queue')
    await t.resolves(append(store, 'other', 9))
    t.equal(store.deliveries.pendingCount(), 20)
    t.equal((await store.log.read({ after: 0, limit: 100 })).length, 21)
  })

  void t.test(
    'a share is free again by acknowledgements and dead letters of its instance, and used by redrives',
    async (t) => {
      const { store } = await open(t, { maxPendingDeliveries: 20 })
      const others = await append(store, 'other', 5)
      const own = await append(store, 'greedy', 10)
      const ref = (instance: string, { offset }: { offset: number }) => ({
        queue: 'a',
        instanceKey: store.instances.require(instance).key,
        offset
      })
      await store.deliveries.acknowledge(others.slice(0, 4).map((result) => ref('other', result)))
      await t.rejects(append(store, 'greedy'), SHARE_USED)
      const sent = [ref('greedy', own[0]!), ref('other', others[0]!), ref('greedy', own[1]!)]
      await store.deliveries.acknowledge(sent)
      await store.deliveries.acknowledge(sent)
      t.equal(store.deliveries.pendingCount(), 9)
      await append(store, 'greedy', 2)
      await t.rejects(append(store, 'greedy'), SHARE_USED)

      const failure = { reason: 'r', message: 'm', attempts: 1 }
      await store.deliveries.bury(ref('greedy', own[2]!), failure)
      await store.deliveries.bury(ref('greedy', own[2]!), failure)
      await append(store, 'greedy')
      await t.rejects(append(store, 'greedy'), SHARE_USED)
      await store.deliveries.acknowledge([ref('greedy', own[3]!)])
      await store.deadLetters.redrive({ after: 0, limit: 10 })
      await t.rejects(append(store, 'greedy'), SHARE_USED)
    }
  )

  void t.test('a reopened store knows the shares', async (t) => {
    const { store, reopen } = await open(t, { maxPendingDeliveries: 20 })
    await append(store, 'other')
    await append(store, 'greedy', 10)
    const reopened = await reopen()
    await t.rejects(append(reopened, 'greedy'), SHARE_USED)
    await t.resolves(append(reopened, 'other', 9))
  })
}

function greedy() {
  return newEvents(1, { instance: 'greedy', queues: ['a'] })
}
