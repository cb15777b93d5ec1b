import type { Test } from 'tap'
import type { StoredEvent } from '../../../lib/events/event.ts'
import { followLog } from '../../support/follow-log.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

const ALL = { after: 0, limit: 1_000 }

export function appending(t: Test, open: Open): void {
  void t.test('an instance with little is not behind all that another has waiting, and order is kept', async (t) => {
    const { store } = await open(t)
    const append = (instance: string, count: number) =>
      store.log.append(Array.from({ length: count }, () => newEvent({ instance })))
    const much = Array.from({ length: 20 }, () => append('much', 100))
    const [little] = await append('little', 1)
    const offset = little?.offset ?? Infinity
    t.ok(offset <= 301, `its offset is ${offset} of 2001`)
    const offsets = (await Promise.all(much)).flat().map((result) => result.offset)
    t.same(
      offsets.toSorted((a, b) => a - b),
      offsets
    )
    t.equal(new Set([...offsets, offset]).size, 2_001, 'all are accepted')
  })

  void t.test('an event is read as it was appended', async (t) => {
    const { store } = await open(t)
    const event = newEvent({
      instance: 'loja são/1',
      data: '{"text":"\\u0000 \\ud800 💬 \\"quoted\\""}',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      extra: '"isLatest":true',
      flags: 7
    })
    const before = Date.now()
    const [result] = await store.log.append([event])
    t.strictSame(result, { id: event.id, offset: result?.offset, duplicate: false })
    const [stored] = await store.log.read(ALL)
    const instanceKey = store.instances.require('loja são/1').key
    t.strictSame(stored, { ...event, offset: result?.offset, instanceKey, acceptedAt: stored?.acceptedAt })
    t.ok(stored && stored.acceptedAt >= before && stored.acceptedAt <= Date.now(), 'accepted now')
  })

  void t.test('offsets grow in the order of calls made in one turn', async (t) => {
    const { store } = await open(t)
    await store.log.append([newEvent({ instance: 'known' })])
    const events = Array.from({ length: 60 }, (_, index) =>
      newEvent({ instance: ['known', 'new', 'newer'][index % 3]! })
    )
    const results = await Promise.all(events.map((event) => store.log.append([event])))
    const offsets = results.map(([result]) => result?.offset as number)
    t.strictSame(
      offsets,
      offsets.toSorted((a, b) => a - b)
    )
    t.equal(new Set(offsets).size, events.length)
    const stored = await store.log.read({ after: (offsets[0] as number) - 1, limit: 100 })
    t.strictSame(
      stored.map(({ id, offset }) => [id, offset]),
      results.map(([result]) => [result?.id, result?.offset])
    )
    t.strictSame(
      store.instances
        .list()
        .toArray()
        .map(({ name }) => name)
        .sort(),
      ['known', 'new', 'newer'],
      'registered once'
    )
  })

  void t.test('an array of events is answered in its order', async (t) => {
    const { store } = await open(t)
    const events = newEvents(20)
    const results = await store.log.append(events)
    t.strictSame(
      results.map(({ id }) => id),
      events.map(({ id }) => id)
    )
    t.strictSame(
      (await store.log.read(ALL)).map(({ offset }) => offset),
      results.map(({ offset }) => offset)
    )
    t.strictSame(await store.log.append([]), [])
  })

  void t.test('an id is accepted once per instance, also within a turn and within a call', async (t) => {
    const { store } = await open(t)
    const told: StoredEvent[] = []
    followLog(store, (events) => told.push(...events))
    const event = newEvent({ id: 'order-1', queues: ['q'] })
    const [[first], again, [other]] = await Promise.all([
      store.log.append([event]),
      store.log.append([{ ...event, data: '"changed"' }, event]),
      store.log.append([{ ...event, instance: 'support' }])
    ])
    const [later] = await store.log.append([event])
    t.equal(first?.duplicate, false)
    for (const result of [...again, later]) {
      t.strictSame(result, { id: 'order-1', offset: first?.offset, duplicate: true })
    }
    t.equal(other?.duplicate, false, 'another instance has its own ids')
    const stored = await store.log.read(ALL)
    t.strictSame(
      stored.map(({ instance, data }) => [instance, data]),
      [
        ['sales', event.data],
        ['support', event.data]
      ]
    )
    t.equal(store.deliveries.pendingCount(), 2, 'the event is delivered once')
    t.equal(told.length, 2, 'subscribers get the event once')
  })

  void t.test('subscribers get events in offset order, counted, before their append resolves', async (t) => {
    const { store } = await open(t)
    const order: string[] = []
    const told: StoredEvent[] = []
    followLog(store, (events) => {
      order.push('told')
      told.push(...events)
      t.ok(events.every(({ instance, instanceKey }) => store.instances.get(instance)?.key === instanceKey))
      t.equal(store.deliveries.pendingCount(), 4)
    })
    const events = newEvents(4, { instance: 'new', queues: ['q'], flags: 3 })
    await Promise.all(events.map((event) => store.log.append([event]).then(() => order.push('resolved'))))
    t.strictSame(order, ['told', ...events.map(() => 'resolved')])
    t.strictSame(
      told.map(({ offset, instanceKey, acceptedAt, ...event }) => event),
      events
    )
    t.strictSame(
      told.map(({ offset, acceptedAt }) => [offset, acceptedAt]),
      (await store.log.read(ALL)).map(({ offset, acceptedAt }) => [offset, acceptedAt])
    )
  })

  void t.test('a subscriber that has stopped is no longer called, others are', async (t) => {
    const { store } = await open(t)
    const told: string[] = []
    const unsubscribe = followLog(store, () => told.push('one'))
    followLog(store, () => told.push('other'))
    await store.log.append([newEvent()])
    unsubscribe()
    unsubscribe()
    await store.log.append([newEvent()])
    t.strictSame(told, ['one', 'other', 'other'])
  })

  void t.test('a full backlog refuses calls for SQS whole, and accepts them once there is room', async (t) => {
    const { store } = await open(t, { maxPendingDeliveries: 5 })
    const [fits, bursts] = await Promise.allSettled([
      store.log.append(newEvents(2, { queues: ['a', 'b'] })),
      store.log.append([newEvent({ id: 'first' }), newEvent({ queues: ['a', 'b'] })])
    ])
    t.match(fits, { status: 'fulfilled' })
    t.match(bursts, { status: 'rejected', reason: { code: 'IEV_BACKPRESSURE', statusCode: 503 } })
    t.equal(store.deliveries.pendingCount(), 4)
    t.equal((await store.log.read(ALL)).length, 2, 'nothing of what was refused is kept')

    await store.log.append([newEvent({ queues: ['a'] })])
    await t.rejects(store.log.append([newEvent({ queues: ['a'] })]), { code: 'IEV_BACKPRESSURE' })
    await t.resolves(store.log.append([newEvent()]), 'an event without a queue is accepted')

    const [oldest] = await store.log.read(ALL)
    const refused = { queue: 'a', instanceKey: oldest!.instanceKey, offset: oldest!.offset }
    await store.deliveries.acknowledge([refused])
    await t.resolves(store.log.append([newEvent({ queues: ['a'] })]))
    await t.rejects(store.log.append([newEvent({ queues: ['a'] })]), { code: 'IEV_BACKPRESSURE' })
  })

  void t.test('the backlog counts a delivery once while subscribers are called', async (t) => {
    const { store } = await open(t, { maxPendingDeliveries: 4 })
    const followUps: Promise<unknown>[] = []
    const unsubscribe = followLog(store, () => {
      unsubscribe()
      followUps.push(store.log.append([newEvent({ queues: ['a'] })]))
    })
    await Promise.all(newEvents(3, { queues: ['a'] }).map((event) => store.log.append([event])))
    await t.resolves(Promise.all(followUps))
    t.equal(store.deliveries.pendingCount(), 4)
  })

  void t.test('an append that fails halfway leaves nothing, and its neighbours are kept', async (t) => {
    const { store } = await open(t)
    // A host in JavaScript can do what the types forbid.
    const malformed = newEvent({ data: {} as unknown as string })
    const results = await Promise.allSettled([
      store.log.append([newEvent({ id: 'before' })]),
      store.log.append([newEvent({ id: 'half' }), malformed]),
      store.log.append([newEvent({ id: 'after' })])
    ])
    t.match(results, [{ status: 'fulfilled' }, { status: 'rejected' }, { status: 'fulfilled' }])
    t.strictSame(
      (await store.log.read(ALL)).map(({ id }) => id),
      ['before', 'after']
    )
    t.equal(store.deliveries.pendingCount(), 0)
  })

  void t.test('a failed append gives its room in the backlog back', async (t) => {
    const { store } = await open(t, { maxPendingDeliveries: 1 })
    const malformed = newEvent({ data: {} as unknown as string, queues: ['a'] })
    await t.rejects(store.log.append([malformed]), { name: 'TypeError' })
    await t.resolves(store.log.append([newEvent({ queues: ['a'] })]))
  })
}
