import type { Test } from 'tap'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { RecordingSubscriber, RecordingWatcher } from '../../support/recorders.ts'
import type { Open } from '../conformance.ts'

export function following(t: Test, open: Open): void {
  void t.test('a subscriber begins at the head, and gets each event once, in order', async (t) => {
    const { store } = await open(t)
    const early = new RecordingSubscriber()
    store.log.tail(early)
    t.strictSame(early.positions, [0])
    await store.log.append(newEvents(2))
    const subscriber = new RecordingSubscriber()
    const stop = store.log.tail(subscriber)
    t.strictSame([subscriber.positions, subscriber.events], [[2], []])
    const appended = await Promise.all(newEvents(20).map((event) => store.log.append([event])))
    const [last] = await store.log.append(newEvents(1))
    await Promise.all([subscriber.reached(last!.offset), early.reached(last!.offset)])
    const offsets = [...appended.map(([result]) => result!.offset), last!.offset]
    t.strictSame(subscriber.offsets, offsets)
    t.strictSame(early.offsets, [1, 2, ...offsets])
    t.strictSame(
      subscriber.events.map(({ queues: _queues, ...event }) => event),
      (await store.log.read({ after: 2, limit: 100 })).map(({ queues: _queues, ...event }) => event)
    )
    stop()
    const [more] = await store.log.append(newEvents(1))
    await early.reached(more!.offset)
    t.strictSame(subscriber.offsets, offsets, 'a stopped subscriber is not called')
  })

  void t.test('a sender gets all pending lanes, then new events', async (t) => {
    const { store } = await open(t)
    await store.log.append([
      newEvent({ queues: ['a', 'b'] }),
      newEvent({ instance: 'support', queues: ['a'] }),
      newEvent()
    ])
    const { key: sales } = store.instances.require('sales')
    const { key: support } = store.instances.require('support')
    const watcher = new RecordingWatcher()
    const stop = await store.deliveries.watch(watcher)
    t.strictSame(new Set(watcher.told), new Set([`a ${sales}`, `b ${sales}`, `a ${support}`]))
    t.ok(store.deliveries.maySend(sales) && store.deliveries.maySend(support))

    watcher.told.length = 0
    await store.log.append([newEvent({ queues: ['c'] }), newEvent()])
    await watcher.until(() => watcher.told.includes(`c ${sales}`))
    t.strictSame(new Set(watcher.told), new Set([`c ${sales}`]))

    await stop()
    watcher.told.length = 0
    await store.log.append([newEvent({ queues: ['d'] })])
    t.strictSame(watcher.told, [], 'a stopped sender is not called')
    t.strictSame(watcher.lost, [])
    await stop()
  })

  void t.test('a sender gets lanes with redriven dead letters', async (t) => {
    const { store } = await open(t)
    const [event] = await store.log.append([newEvent({ queues: ['a'] }), newEvent({ queues: ['a'] })])
    const { key } = store.instances.require('sales')
    const watcher = new RecordingWatcher()
    await store.deliveries.watch(watcher)
    await store.deliveries.bury(
      { queue: 'a', instanceKey: key, offset: event!.offset },
      { reason: 'r', message: 'NUL \0', attempts: 1 }
    )
    t.strictSame(watcher.again, [])
    await store.deadLetters.redrive({ after: 0, limit: 10 })
    await watcher.until(() => watcher.again.length > 0)
    t.strictSame(watcher.again, [`a ${key}`])
  })
}
