import type { Test } from 'tap'
import { CALLER_ID, ERASED } from '../../../lib/events/event.ts'
import { generateId } from '../../../lib/events/event-id.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { RecordingSubscriber, RecordingWatcher } from '../../support/recorders.ts'
import type { Open } from '../conformance.ts'

const ALL = { after: 0, limit: 100 }
const LANE = { after: 0, limit: 10, maxBytes: 10_000 }
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

export function erasing(t: Test, open: Open): void {
  void t.test(
    'an erased event keeps its place, id, name, time and trace, and nothing else; others stay as they are',
    async (t) => {
      const { store, reopen } = await open(t)
      const erased = newEvent({
        data: '{"secret":1}',
        envelope:
          '"server_url":"u","date_time":"2026-01-31T12:00:00.000Z","sender":"5511@s.whatsapp.net","apikey":"k","id":"x"',
        extra: '"secret":2',
        traceparent,
        flags: CALLER_ID
      })
      await store.log.append([newEvent(), erased, newEvent(), newEvent({ instance: 'other' })])
      const before = await store.log.read(ALL)
      t.strictSame(await store.log.erase([before[1]!]), [{ offset: 2, pending: 0, deadLetters: 0 }])
      const expected = before.map((event) =>
        event.offset === 2
          ? {
              ...event,
              flags: CALLER_ID | ERASED,
              envelope: '"server_url":"u","date_time":"2026-01-31T12:00:00.000Z","sender":null,"id":"x"',
              extra: '',
              data: 'null'
            }
          : event
      )
      t.strictSame(await store.log.read(ALL), expected)
      t.strictSame(await store.log.erase([before[1]!]), [], 'it is erased once')
      t.strictSame(await store.log.append([erased]), [{ id: erased.id, offset: 2, duplicate: true }])
      t.strictSame(await (await reopen()).log.read(ALL), expected)
    }
  )

  void t.test(
    'an event is erased only if the log has it: at this offset, of this instance, with this id',
    async (t) => {
      const { store } = await open(t)
      await store.log.append(newEvents(2))
      const [event] = await store.log.read(ALL)
      t.strictSame(await store.log.erase([]), [])
      for (const other of [{ offset: 2 }, { offset: 9 }, { instanceKey: 99 }, { id: 'other' }])
        t.strictSame(await store.log.erase([{ ...event!, ...other }]), [])
      t.strictSame(
        (await store.log.read(ALL)).map(({ data }) => data),
        Array(2).fill(newEvent().data)
      )
    }
  )

  void t.test(
    'pending deliveries and dead letters of an erased event have no data, and their lanes are read again',
    async (t) => {
      const { store } = await open(t)
      const watcher = new RecordingWatcher()
      const stop = await store.deliveries.watch(watcher)
      t.after(stop)
      await store.log.append([
        newEvent({ queues: ['a', 'b'] }),
        newEvent({ queues: ['a'] }),
        newEvent({ queues: ['c'] })
      ])
      const events = await store.log.read(ALL)
      const { instanceKey } = events[0]!
      const of = (offset: number, queue: string) => ({ offset, queue, instanceKey })
      await store.deliveries.bury(of(1, 'b'), { reason: 'AccessDenied', message: 'no', attempts: 1 })
      await store.deliveries.acknowledge([of(2, 'a')])
      const erased = await store.log.erase(events.slice(0, 2))
      t.strictSame(
        erased.toSorted((one, other) => one.offset - other.offset),
        [
          { offset: 1, pending: 1, deadLetters: 1 },
          { offset: 2, pending: 0, deadLetters: 0 }
        ]
      )
      await watcher.until(() => watcher.again.length > 0)
      t.strictSame(watcher.again, [`a ${instanceKey}`])
      t.match(await store.deliveries.readLane({ queue: 'a', instanceKey }, LANE), [{ offset: 1, data: 'null' }])
      t.match(await store.deliveries.readLane({ queue: 'c', instanceKey }, LANE), [
        { offset: 3, data: newEvent().data }
      ])
      await store.deadLetters.redrive(ALL)
      t.match(await store.deliveries.readLane({ queue: 'b', instanceKey }, LANE), [{ offset: 1, data: 'null' }])
      t.equal(store.deliveries.pendingCount(), 3)
    }
  )

  void t.test('who follows the log is told of erased events until it stops', async (t) => {
    const { store } = await open(t)
    const [one, other] = [new RecordingSubscriber(), new RecordingSubscriber()]
    const stops = [one, other].map((subscriber) => store.log.tail(subscriber))
    await store.log.append(newEvents(2))
    const [first, second] = await store.log.read(ALL)
    await store.log.erase([first!])
    t.ok(one.erasures > 0 && other.erasures > 0, 'before the erasure resolves')
    stops[1]?.()
    const [told, toldOther] = [one.erasures, other.erasures]
    await store.log.erase([second!])
    t.ok(one.erasures > told)
    t.equal(other.erasures, toldOther)
    stops[0]?.()
  })

  void t.test('events are found by ids, those that callers gave and others', async (t) => {
    const { store } = await open(t)
    const [given, generated] = [newEvent({ id: 'ã/b', flags: CALLER_ID }), newEvent({ id: generateId() })]
    await store.log.append([newEvent(), given, generated, { ...given, instance: 'other' }])
    const { key } = store.instances.require('sales')
    const found = await store.log.withIds(key, [generated.id, 'none', given.id, generateId()])
    t.strictSame(found.map(({ offset }) => offset).sort(), [2, 3])
    t.strictSame(await store.log.withIds(key, []), [])
    t.match(await store.log.withIds(store.instances.require('other').key, [given.id]), [{ offset: 4 }])
    const ofAll = await store.log.withIds(undefined, [given.id, generated.id, 'none'])
    // Only where an index has the ids of all instances.
    if (ofAll.length > 0) t.strictSame(ofAll.map(({ offset }) => offset).sort(), [2, 3, 4])
  })

  void t.test('the keys of a name are those of all its instances that have events, removed ones as well', async (t) => {
    const { store, reopen } = await open(t)
    const keys: number[] = []
    for (let time = 0; time < 3; time++) {
      await store.log.append([newEvent(), ...newEvents(2, { instance: 'other' })])
      keys.push(store.instances.require('sales').key)
      await store.instances.remove('sales')
    }
    await store.instances.create({ name: 'sales', token: 'token of sales' })
    await store.instances.create({ name: 'silent', token: 'token of silent' })
    const keysOf = async (name: string, { log } = store) =>
      (await log.instanceKeysOf(name)).toSorted((one, other) => one - other)
    t.strictSame(await keysOf('sales'), keys, 'the present one has no events')
    t.strictSame(await keysOf('other'), [store.instances.require('other').key])
    t.strictSame(await keysOf('silent'), [])
    t.strictSame(await keysOf('nobody'), [])
    await store.log.append([newEvent()])
    const all = [...keys, store.instances.require('sales').key]
    t.strictSame(await keysOf('sales'), all)
    t.strictSame(await keysOf('sales', await reopen()), all)
  })

  void t.test('the keys of a name are found among many instances, and forgotten with their events', async (t) => {
    const { store } = await open(t)
    const instances = Array.from({ length: 2_100 }, (_, n) => `other-${n}`)
    // More than SQLite has in a segment, and than PostgreSQL looks at in a statement.
    for (const some of [['sales'], instances, instances])
      await store.log.append(some.map((instance) => newEvent({ instance })))
    await store.instances.remove('sales')
    await store.log.append([newEvent()])
    t.equal((await store.log.instanceKeysOf('sales')).length, 2)
    t.equal((await store.log.instanceKeysOf('other-2099')).length, 1)
    const [first] = await store.log.read({ after: 0, limit: 1 })
    const { acceptedAt: last } = (await store.log.read({ after: 4_201, limit: 1 }))[0]!
    if (last > first!.acceptedAt) {
      await store.log.prune({ acceptedBefore: first!.acceptedAt + 1, maxBytes: Number.MAX_SAFE_INTEGER })
      t.equal((await store.log.instanceKeysOf('sales')).length, 1)
    }
  })
}
