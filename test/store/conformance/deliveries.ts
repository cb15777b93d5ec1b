import type { Test } from 'tap'
import type { EventStore } from '../../../lib/store/event-store.ts'
import type { LaneKey } from '../../../lib/store/delivery-store.ts'
import { pendingLanes } from '../../support/pending-lanes.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

const PAGE = { after: 0, limit: 100, maxBytes: Infinity }
const FAILURE = { reason: 'AccessDenied', message: 'not yours', attempts: 3 }

async function offsets(store: EventStore, lane: LaneKey, page: Partial<typeof PAGE> = {}): Promise<number[]> {
  return (await store.deliveries.readLane(lane, { ...PAGE, ...page })).map(({ offset }) => offset)
}

export function deliveries(t: Test, open: Open): void {
  void t.test('a lane has the pending events of one instance and queue in offset order', async (t) => {
    const { store } = await open(t)
    const results = await store.log.append([
      newEvent({ instance: 'sales', queues: ['a', 'b'] }),
      newEvent({ instance: 'support', queues: ['a'] }),
      newEvent({ instance: 'sales', queues: [] }),
      newEvent({ instance: 'sales', queues: ['a'] })
    ])
    const [first, second, , fourth] = results.map(({ offset }) => offset)
    const sales = store.instances.require('sales').key
    const support = store.instances.require('support').key
    t.strictSame(await pendingLanes(store), [
      { queue: 'a', instanceKey: sales },
      { queue: 'a', instanceKey: support },
      { queue: 'b', instanceKey: sales }
    ])
    t.strictSame(await offsets(store, { queue: 'a', instanceKey: sales }), [first, fourth])
    t.strictSame(await offsets(store, { queue: 'a', instanceKey: support }), [second])
    t.strictSame(await offsets(store, { queue: 'b', instanceKey: sales }), [first])
    t.strictSame(await offsets(store, { queue: 'b', instanceKey: support }), [])
    t.strictSame(await offsets(store, { queue: 'never', instanceKey: sales }), [])
    t.equal(store.deliveries.pendingCount(), 4)
    t.strictSame(await Promise.all([sales, support, 10_000].map((key) => store.deliveries.pendingOf(key))), [3, 1, 0])
    const [event] = await store.deliveries.readLane({ queue: 'a', instanceKey: support }, PAGE)
    const [logged] = await store.log.read({ after: first!, limit: 1 })
    t.strictSame(event, logged, 'a lane has the same event as the log')
  })

  void t.test('the deliveries of an event that SQS does not have are known', async (t) => {
    const { store } = await open(t)
    await store.log.append([
      newEvent({ queues: ['a', 'b', 'c'] }),
      newEvent({ queues: ['a'] }),
      newEvent({ instance: 'support', queues: ['a'] })
    ])
    const { key: instanceKey } = store.instances.require('sales')
    const unsent = async (offset: number) =>
      (await store.deliveries.unsent({ instanceKey, offset })).sort((a, b) => a.queue.localeCompare(b.queue))
    t.strictSame(await unsent(1), [{ queue: 'a' }, { queue: 'b' }, { queue: 'c' }])
    t.strictSame(await unsent(3), [], 'another instance has this event')
    await store.deliveries.acknowledge([{ queue: 'a', instanceKey, offset: 1 }])
    await store.deliveries.bury({ queue: 'c', instanceKey, offset: 1 }, FAILURE)
    const [letter] = await store.deadLetters.read({ after: 0, limit: 1 })
    const { reason, message } = FAILURE
    t.strictSame(await unsent(1), [{ queue: 'b' }, { queue: 'c', deadLetter: { id: letter?.id, reason, message } }])
    t.strictSame(await unsent(2), [{ queue: 'a' }])
  })

  void t.test('the oldest pending event is known, with its queue and the time of its acceptance', async (t) => {
    const { store } = await open(t)
    t.equal(await store.deliveries.oldestPending(), null)
    const [, first] = await store.log.append([newEvent(), newEvent({ queues: ['a'] }), newEvent({ queues: ['b'] })])
    const { offset } = first!
    const [event] = await store.log.read({ after: offset - 1, limit: 1 })
    t.strictSame(await store.deliveries.oldestPending(), { offset, queue: 'a', acceptedAt: event?.acceptedAt })
    const { key } = store.instances.require('sales')
    await store.deliveries.acknowledge([{ queue: 'a', instanceKey: key, offset }])
    t.match(await store.deliveries.oldestPending(), { offset: offset + 1, queue: 'b' })
  })

  void t.test('pending deliveries are counted by queue and by instance', async (t) => {
    const { store } = await open(t)
    t.strictSame(await store.deliveries.shares(), { byQueue: new Map(), byInstance: new Map() })
    await store.log.append([
      newEvent({ queues: ['done'] }),
      newEvent({ instance: 'support', queues: ['a', 'b'] }),
      newEvent({ queues: ['a'] }),
      newEvent({ queues: ['a'] })
    ])
    const [sales, support] = ['sales', 'support'].map((name) => store.instances.require(name).key) as [number, number]
    await store.deliveries.acknowledge([{ queue: 'done', instanceKey: sales, offset: 1 }])
    const { byQueue, byInstance } = await store.deliveries.shares()
    t.strictSame(
      [...byQueue].sort(([a], [b]) => a.localeCompare(b)),
      [
        ['a', { pending: 3, oldest: 2 }],
        ['b', { pending: 1, oldest: 2 }]
      ]
    )
    t.strictSame(
      [...byInstance].sort(([, a], [, b]) => a.oldest - b.oldest),
      [
        [support, { pending: 2, oldest: 2 }],
        [sales, { pending: 2, oldest: 3 }]
      ]
    )
  })

  void t.test('a lane is read in pages', async (t) => {
    const { store } = await open(t)
    const all = (await store.log.append(newEvents(5, { queues: ['a'], data: '"0123456789"' }))).map(
      ({ offset }) => offset
    )
    const lane = { queue: 'a', instanceKey: store.instances.require('sales').key }
    t.strictSame(await offsets(store, lane, { limit: 2 }), all.slice(0, 2))
    t.strictSame(await offsets(store, lane, { after: all[1]!, limit: 2 }), all.slice(2, 4))
    t.strictSame(await offsets(store, lane, { maxBytes: 1 }), all.slice(0, 1), 'at least one event')
    t.strictSame(await offsets(store, lane, { maxBytes: 100 }), all.slice(0, 2))
    t.strictSame(await offsets(store, lane, { after: all[4]! }), [])
  })

  void t.test('an acknowledged delivery is no longer pending, and acknowledging twice is the same', async (t) => {
    const { store } = await open(t)
    const [first, second] = await store.log.append(newEvents(2, { queues: ['a', 'b'] }))
    const instanceKey = store.instances.require('sales').key
    const done = { queue: 'a', instanceKey, offset: first!.offset }
    await store.deliveries.acknowledge([done, { ...done, queue: 'never' }])
    t.equal(store.deliveries.pendingCount(), 3)
    await Promise.all([store.deliveries.acknowledge([done]), store.deliveries.acknowledge([done, done])])
    t.equal(store.deliveries.pendingCount(), 3)
    t.strictSame(await offsets(store, { queue: 'a', instanceKey }), [second?.offset])
    t.strictSame(await offsets(store, { queue: 'b', instanceKey }), [first?.offset, second?.offset])
    await store.deliveries.acknowledge([
      { ...done, offset: second!.offset },
      { ...done, queue: 'b' },
      { ...done, queue: 'b', offset: second!.offset }
    ])
    t.equal(store.deliveries.pendingCount(), 0)
    t.strictSame(await pendingLanes(store), [])
    t.equal((await store.log.read({ after: 0, limit: 10 })).length, 2, 'the events stay in the log')
  })

  void t.test('what is acknowledged behind a pending delivery is not sent again, also after a restart', async (t) => {
    const { store, reopen } = await open(t)
    const all = (await store.log.append(newEvents(5, { queues: ['a'] }))).map(({ offset }) => offset)
    const lane = { queue: 'a', instanceKey: store.instances.require('sales').key }
    await store.deliveries.acknowledge([all[0]!, all[2]!, all[3]!].map((offset) => ({ ...lane, offset })))
    t.strictSame(await offsets(store, lane), [all[1], all[4]])
    const reopened = await reopen()
    t.strictSame(await offsets(reopened, lane), [all[1], all[4]])
    t.equal(reopened.deliveries.pendingCount(), 2)
    await reopened.deliveries.acknowledge([{ ...lane, offset: all[1]! }])
    t.strictSame(await offsets(reopened, lane), [all[4]])
  })

  void t.test('a buried delivery becomes a dead letter, and its lane continues without it', async (t) => {
    const { store } = await open(t)
    const event = newEvent({ instance: 'loja são/1', event: 'call', queues: ['a', 'b'] })
    const [first, second] = await store.log.append([event, newEvent({ instance: 'loja são/1', queues: ['a'] })])
    const instanceKey = store.instances.require('loja são/1').key
    const delivery = { queue: 'a', instanceKey, offset: first!.offset }
    const before = Date.now()
    await store.deliveries.bury(delivery, FAILURE)
    t.equal(store.deliveries.pendingCount(), 2)
    t.strictSame(await offsets(store, { queue: 'a', instanceKey }), [second?.offset])
    t.strictSame(
      await offsets(store, { queue: 'b', instanceKey }),
      [first?.offset],
      'the other queue still has the event'
    )
    const letters = await store.deadLetters.read({ after: 0, limit: 10 })
    const [letter] = letters
    t.strictSame(letters, [
      {
        ...delivery,
        ...FAILURE,
        id: letter?.id,
        instance: 'loja são/1',
        event: 'call',
        eventId: event.id,
        tries: 1,
        firstDiedAt: letter?.diedAt,
        diedAt: letter?.diedAt
      }
    ])
    t.ok(letter && letter.diedAt.getTime() >= before && letter.diedAt.getTime() <= Date.now())
  })

  void t.test('burying a delivery that is not pending does nothing', async (t) => {
    const { store } = await open(t)
    const [event] = await store.log.append(newEvents(1, { queues: ['a'] }))
    const instanceKey = store.instances.require('sales').key
    const delivery = { queue: 'a', instanceKey, offset: event!.offset }
    await Promise.all([
      store.deliveries.bury({ ...delivery, queue: 'never' }, FAILURE),
      store.deliveries.bury({ ...delivery, offset: delivery.offset + 1 }, FAILURE)
    ])
    t.equal(store.deliveries.pendingCount(), 1)
    await Promise.all([
      store.deliveries.bury(delivery, FAILURE),
      store.deliveries.bury(delivery, FAILURE),
      store.deliveries.acknowledge([delivery])
    ])
    t.equal(store.deliveries.pendingCount(), 0)
    t.equal((await store.deadLetters.read({ after: 0, limit: 10 })).length, 1)
  })

  void t.test('dead letters are read in pages, in the order in which they were buried', async (t) => {
    const { store } = await open(t)
    const results = await store.log.append(newEvents(5, { queues: ['a'] }))
    const instanceKey = store.instances.require('sales').key
    for (const { offset } of results.toReversed())
      await store.deliveries.bury({ queue: 'a', instanceKey, offset }, FAILURE)
    const page = await store.deadLetters.read({ after: 0, limit: 2 })
    const rest = await store.deadLetters.read({ after: page.at(-1)!.id, limit: 10 })
    t.equal(page.length, 2)
    t.strictSame(
      [...page, ...rest].map(({ offset }) => offset),
      results.toReversed().map(({ offset }) => offset)
    )
    const ids = [...page, ...rest].map(({ id }) => id)
    t.strictSame(
      ids,
      ids.toSorted((a, b) => a - b)
    )
  })
}
