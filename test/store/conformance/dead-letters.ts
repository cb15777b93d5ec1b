import type { Test } from 'tap'
import type { EventStore } from '../../../lib/store/event-store.ts'
import { newEvent } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

const ALL = { after: 0, limit: 100 }
const failure = { reason: 'AccessDenied', message: 'no', attempts: 3 }

/** Four dead letters: events 1 to 4, alternating instances and queues. */
async function bury(store: EventStore): Promise<void> {
  for (const [n, instance] of ['one', 'two', 'one', 'two'].entries()) {
    const queue = n < 2 ? 'a' : 'b'
    const [appended] = await store.log.append([newEvent({ instance, queues: [queue] })])
    const { key } = store.instances.require(instance)
    const reason = n === 3 ? 'Other' : failure.reason
    await store.deliveries.bury({ queue, instanceKey: key, offset: appended!.offset }, { ...failure, reason })
  }
}

export function deadLetters(t: Test, open: Open): void {
  void t.test('dead letters are counted, filtered and paged', async (t) => {
    const { store } = await open(t)
    t.strictSame(await store.deadLetters.count(), { count: 0, lastId: 0 })
    await bury(store)
    const { count, lastId } = await store.deadLetters.count()
    t.equal(count, 4)
    const offsets = async (page: object) =>
      (await store.deadLetters.read({ ...ALL, ...page })).map(({ offset }) => offset)
    t.strictSame(await offsets({}), [1, 2, 3, 4])
    t.strictSame(await offsets({ instance: 'one' }), [1, 3])
    t.strictSame(await offsets({ queue: 'b' }), [3, 4])
    t.strictSame(await offsets({ reason: 'Other', queue: 'b', instance: 'two' }), [4])
    t.strictSame(await offsets({ reason: 'Other', instance: 'one' }), [])
    const ids = (await store.deadLetters.read(ALL)).map(({ id }) => id)
    t.equal(ids.at(-1), lastId)
    t.strictSame(await offsets({ ids: [ids[1], ids[2], 10_000] }), [2, 3])
    t.strictSame(await offsets({ limit: 2 }), [1, 2])
    t.strictSame(await offsets({ after: ids[1], upTo: ids[2] }), [3])
  })

  void t.test('a redriven dead letter is pending again, once, also after a restart', async (t) => {
    const { store, reopen } = await open(t)
    await bury(store)
    t.equal(store.deliveries.pendingCount(), 0)
    const taken = await store.deadLetters.redrive({ ...ALL, instance: 'one' })
    t.match(taken, [
      { queue: 'a', offset: 1 },
      { queue: 'b', offset: 3 }
    ])
    t.equal(store.deliveries.pendingCount(), 2)
    t.equal((await store.deadLetters.count()).count, 2)
    t.strictSame(await store.deadLetters.redrive({ ...ALL, instance: 'one' }), [], 'a second redrive finds none')
    const again = await reopen()
    t.equal(again.deliveries.pendingCount(), 2)
    const { key } = again.instances.require('one')
    const lane = await again.deliveries.readLane(
      { queue: 'b', instanceKey: key },
      { after: 0, limit: 10, maxBytes: 1_000 }
    )
    t.match(lane, [{ offset: 3 }])
  })

  void t.test('a discarded dead letter is gone, and its event can be pruned', async (t) => {
    const { store } = await open(t)
    await bury(store)
    t.match(await store.deadLetters.discard({ ...ALL, queue: 'a' }), [{ offset: 1 }, { offset: 2 }])
    t.equal(store.deliveries.pendingCount(), 0)
    t.match(await store.deadLetters.read(ALL), [{ offset: 3 }, { offset: 4 }])
    await store.log.prune({ acceptedBefore: Date.now() + 1_000, maxBytes: Number.MAX_SAFE_INTEGER })
    t.match(await store.log.read({ after: 0, limit: 10 }), [{ offset: 3 }, { offset: 4 }])
  })
}
