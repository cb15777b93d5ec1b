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

  void t.test('dead letters are counted by reason, queue and instance, largest groups first', async (t) => {
    const { store } = await open(t)
    const NONE = { count: 0, groupCount: 0, groups: [], reasons: [], queues: [] }
    t.strictSame(await store.deadLetters.groups({ limit: 10 }), NONE)
    await bury(store)
    const { now } = Date
    const later = t.intercept(Date, 'now', { value: () => now() + 5_000, configurable: true })
    const [appended] = await store.log.append([newEvent({ instance: 'one', queues: ['b'] })])
    const { key: instanceKey } = store.instances.require('one')
    await store.deliveries.bury({ queue: 'b', instanceKey, offset: appended!.offset }, failure)
    later.restore()

    const named = async (filter: object) => {
      const { groups, ...rest } = await store.deadLetters.groups({ limit: 10, ...filter })
      return { ...rest, groups: groups.map(({ reason, queue, instance, count }) => [reason, queue, instance, count]) }
    }
    const { reason } = failure
    t.strictSame(await named({}), {
      count: 5,
      groupCount: 4,
      reasons: [
        { name: reason, count: 4 },
        { name: 'Other', count: 1 }
      ],
      queues: [
        { name: 'b', count: 3 },
        { name: 'a', count: 2 }
      ],
      groups: [
        [reason, 'b', 'one', 2],
        [reason, 'a', 'one', 1],
        [reason, 'a', 'two', 1],
        ['Other', 'b', 'two', 1]
      ]
    })
    const largest = await named({ limit: 1 })
    t.match(largest, { count: 5, groupCount: 4 }, 'of all, also where few are listed')
    t.strictSame([largest.groups, largest.reasons.length, largest.queues.length], [[[reason, 'b', 'one', 2]], 1, 1])
    t.match(await named({ instance: 'two', reason }), {
      count: 1,
      groups: [[reason, 'a', 'two', 1]],
      reasons: [{ name: reason }, { name: 'Other' }],
      queues: [{ name: 'a', count: 1 }]
    })
    t.match(await named({ queue: 'b' }), { count: 3, reasons: [{ count: 2 }, { count: 1 }], queues: [{}, {}] })
    t.strictSame(await named({ instance: 'nobody' }), NONE)

    const letters = await store.deadLetters.read({ ...ALL, queue: 'b', instance: 'one' })
    const times = letters.map(({ diedAt }) => diedAt)
    const { groups } = await store.deadLetters.groups({ limit: 1 })
    t.strictSame([groups[0]?.firstDiedAt, groups[0]?.lastDiedAt], [times[0], times[1]])
    await store.deadLetters.redrive({ ...ALL, ids: [letters[0]!.id] })
    await store.deliveries.bury({ queue: 'b', instanceKey, offset: letters[0]!.offset }, failure)
    const [again] = (await store.deadLetters.groups({ limit: 1, instance: 'one', queue: 'b' })).groups
    t.strictSame(again?.firstDiedAt, times[0], 'a redrive that did not help changes no first time')
  })

  void t.test('dead letters of removed instances are grouped by their names', async (t) => {
    const { store } = await open(t)
    await bury(store)
    await store.instances.remove('one')
    const [appended] = await store.log.append([newEvent({ instance: 'one', queues: ['a'] })])
    const { key: instanceKey } = store.instances.require('one')
    await store.deliveries.bury({ queue: 'a', instanceKey, offset: appended!.offset }, failure)
    const { groups } = await store.deadLetters.groups({ limit: 10, queue: 'a' })
    t.match(groups, [
      { instance: 'one', count: 2 },
      { instance: 'two', count: 1 }
    ])
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

  void t.test(
    'a dead letter that is given up again keeps its id, its first time and the number of tries',
    async (t) => {
      const { store, reopen } = await open(t)
      await bury(store)
      const outcomes = async (of = store) =>
        (await of.deadLetters.outcomes([4, 1, 3, 99])).map(({ outcome }) => outcome)
      t.strictSame(await outcomes(), ['dead', 'dead', 'dead', 'unknown'])
      const [before] = await store.deadLetters.read({ ...ALL, ids: [1] })
      t.match(before, { tries: 1, firstDiedAt: before?.diedAt })
      for (const tries of [2, 3]) {
        await store.deadLetters.redrive({ ...ALL, ids: [1, 3] })
        t.strictSame(await outcomes(), ['dead', 'pending', 'pending', 'unknown'])
        const { key } = store.instances.require('one')
        // A later time than that of the first try.
        const { now } = Date
        const later = t.intercept(Date, 'now', { value: () => now() + tries * 1_000, configurable: true })
        const again = { reason: 'Again', message: 'still no', attempts: 5 }
        await store.deliveries.bury({ queue: 'a', instanceKey: key, offset: 1 }, again)
        later.restore()
        t.match(await store.deadLetters.outcomes([1]), [{ id: 1, outcome: 'dead', letter: { ...again, tries } }])
        t.match(await store.deadLetters.read({ ...ALL, ids: [1] }), [
          { tries, firstDiedAt: before?.firstDiedAt, offset: 1 }
        ])
        if (tries === 2) {
          await store.deliveries.bury({ queue: 'b', instanceKey: key, offset: 3 }, again)
          t.equal((await store.deadLetters.count()).count, 4)
        }
      }
      const { key } = store.instances.require('one')
      await store.deliveries.acknowledge([{ queue: 'b', instanceKey: key, offset: 3 }])
      t.strictSame(await outcomes(), ['dead', 'dead', 'sent', 'unknown'])
      t.strictSame(await outcomes((await reopen()) as typeof store), ['dead', 'dead', 'sent', 'unknown'])
    }
  )

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
