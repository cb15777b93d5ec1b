import type { Test } from 'tap'
import type { EventStore } from '../../../lib/store/event-store.ts'
import type { PruneOptions } from '../../../lib/store/log-store.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

const EVERYTHING = { acceptedBefore: Date.now() + 86_400_000, maxBytes: Number.MAX_SAFE_INTEGER }

async function pruneAll(store: EventStore, options: PruneOptions): Promise<number> {
  let removed = 0
  for (let more = true; more;) {
    const round = await store.log.prune(options)
    removed += round.removed
    more = round.more
  }
  return removed
}

async function remaining(store: EventStore): Promise<number[]> {
  return (await store.log.read({ after: 0, limit: 10_000 })).map(({ offset }) => offset)
}

export function pruning(t: Test, open: Open): void {
  void t.test('old events are removed, younger ones stay', async (t) => {
    const { store } = await open(t)
    await store.log.append(newEvents(3))
    const [oldest] = await store.log.read({ after: 0, limit: 1 })
    // Wait until the clock shows a later millisecond.
    for (;;) {
      const [result] = await store.log.append(newEvents(1))
      const [event] = await store.log.read({ after: result!.offset - 1, limit: 1 })
      if (event!.acceptedAt > oldest!.acceptedAt) break
    }
    const all = await store.log.read({ after: 0, limit: 10_000 })
    const acceptedBefore = all.at(-1)!.acceptedAt
    const young = all.filter((event) => event.acceptedAt >= acceptedBefore).map(({ offset }) => offset)
    t.equal(await pruneAll(store, { ...EVERYTHING, acceptedBefore }), all.length - young.length)
    t.strictSame(await remaining(store), young)
    t.match(await store.log.range(), { first: young[0], head: young.at(-1), prunedTo: young[0]! - 1 })
    t.equal(await pruneAll(store, { ...EVERYTHING, acceptedBefore }), 0)
  })

  void t.test('an emptied log continues its offsets, and its range shows that it is empty', async (t) => {
    const { store, reopen } = await open(t)
    const results = await store.log.append(newEvents(3))
    const last = results.at(-1)!.offset
    t.equal(await pruneAll(store, EVERYTHING), 3)
    t.match(await store.log.range(), { first: last + 1, head: last, prunedTo: last })
    t.strictSame(await remaining(store), [])
    const reopened = await reopen()
    t.match(await reopened.log.range(), { first: last + 1, head: last, prunedTo: last })
    const [next] = await reopened.log.append(newEvents(1))
    t.ok(next!.offset > last)
  })

  void t.test('old events with a pending delivery or a dead letter stay, however many others go', async (t) => {
    const { store } = await open(t)
    const results = await store.log.append(
      Array.from({ length: 1_300 }, (_, index) => newEvent({ queues: index === 5 || index === 700 ? ['a', 'b'] : [] }))
    )
    const [dead, pending] = [results[5]!.offset, results[700]!.offset]
    const instanceKey = store.instances.require('sales').key
    const ref = (queue: string, offset: number) => ({ queue, instanceKey, offset })
    await store.deliveries.bury(ref('a', dead), { reason: 'r', message: 'm', attempts: 1 })
    await store.deliveries.acknowledge([ref('b', dead), ref('a', pending)])

    t.equal(await pruneAll(store, EVERYTHING), 1_298)
    t.strictSame(await remaining(store), [dead, pending])
    const { first, prunedTo } = await store.log.range()
    t.same({ first, prunedTo }, { first: dead, prunedTo: results.at(-1)!.offset }, 'there are holes behind what stayed')
    t.match(await store.deadLetters.read({ after: 0, limit: 10 }), [{ offset: dead }])
    t.match(await store.deliveries.readLane({ queue: 'b', instanceKey }, { after: 0, limit: 10, maxBytes: 1_000 }), [
      { offset: pending }
    ])

    await store.deliveries.acknowledge([ref('b', pending)])
    t.equal(await pruneAll(store, EVERYTHING), 1, 'an event is removed once it is delivered')
    t.strictSame(await remaining(store), [dead])
  })

  void t.test('old events behind many pending ones are removed', async (t) => {
    const { store } = await open(t)
    const kept = await store.log.append(newEvents(1_200, { queues: ['a'] }))
    await store.log.append(newEvents(30))
    t.equal(await pruneAll(store, EVERYTHING), 30)
    t.strictSame(
      await remaining(store),
      kept.map(({ offset }) => offset)
    )
  })

  void t.test('a log that takes too many bytes loses young events, but none with a pending delivery', async (t) => {
    const { store } = await open(t)
    const [pending] = await store.log.append([newEvent({ queues: ['a'] }), ...newEvents(9)])
    const nothingOld = { acceptedBefore: 0 }
    t.equal(await pruneAll(store, { ...nothingOld, maxBytes: Number.MAX_SAFE_INTEGER }), 0)
    t.equal(await pruneAll(store, { ...nothingOld, maxBytes: 1 }), 9)
    t.strictSame(await remaining(store), [pending?.offset])
  })

  void t.test('a log that is too large loses its oldest events until it fits', async (t) => {
    const { store } = await open(t)
    const results = await store.log.append(newEvents(3_000, { data: `"${'x'.repeat(1_000)}"` }))
    const removed = await pruneAll(store, { acceptedBefore: 0, maxBytes: 2_000_000 })
    t.ok(removed > 0 && removed < 3_000, `${removed} of 3000 went`)
    t.strictSame(
      await remaining(store),
      results.slice(removed).map(({ offset }) => offset)
    )
  })
}
