import type { Test } from 'tap'
import { CALLER_ID, type NewEvent } from '../../../lib/events/event.ts'
import type { EventStore } from '../../../lib/store/event-store.ts'
import { newEvent } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

const ALL = { after: 0, limit: 100 }
const LANE = { after: 0, limit: 100, maxBytes: Number.MAX_SAFE_INTEGER }

/** Data of about so many characters. It has characters of two code units wherever it may be cut, and differs by `seed`. */
function largeData(characters: number, seed = 0): string {
  return JSON.stringify(`${seed}${'💬'.repeat(characters / 2)}`)
}

function largeEvent(members: Partial<NewEvent> = {}): NewEvent {
  return newEvent({ data: largeData(1_200_000), ...members })
}

async function pruneAll(store: EventStore): Promise<number> {
  for (let removed = 0; ;) {
    const step = await store.log.prune({ acceptedBefore: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER })
    removed += step.removed
    if (!step.more) return removed
  }
}

export function large(t: Test, open: Open): void {
  void t.test('large data is read whole, whichever way it is read, and after a restart', async (t) => {
    const { store, reopen } = await open(t)
    const events = [
      newEvent(),
      largeEvent({ data: largeData(1_200_000, 1), flags: 48, queues: ['a'], extra: '"more":1' }),
      largeEvent({ data: largeData(1_200_001, 12), instance: 'other', id: 'theirs', flags: CALLER_ID, queues: ['a'] }),
      largeEvent({ data: JSON.stringify('x'.repeat(262_143)) })
    ]
    await store.log.append(events)
    const expected = events.map(({ queues: _, ...event }, index) => ({ ...event, offset: index + 1, queues: [] }))
    const check = async ({ log, deliveries, instances }: EventStore) => {
      const key = instances.require('other').key
      const read = await log.read(ALL)
      t.match(read, expected)
      t.strictSame(
        read.map(({ flags }) => flags),
        events.map(({ flags }) => flags)
      )
      t.strictSame(await log.read({ ...ALL, newestFirst: true }), read.toReversed())
      t.strictSame(await log.read({ ...ALL, instances: ['other'] }), [read[2]])
      t.strictSame(await log.read({ ...ALL, instanceKey: key }), [read[2]])
      t.strictSame(await log.withIds(key, ['theirs']), [read[2]])
      const pages = { upTo: 4, limit: 10, maxBytes: Number.MAX_SAFE_INTEGER }
      t.match(await log.readPages([{ after: 1 }, { after: 0, instanceKey: key }], pages), [
        { events: read.slice(1), reached: 4 },
        { events: [read[2]], reached: 4 }
      ])
      t.strictSame(await deliveries.readLane({ queue: 'a', instanceKey: key }, LANE), [read[2]])
    }
    await check(store)
    await check(await reopen())
  })

  void t.test('a page ends with the large event that reaches its limit', async (t) => {
    const { store } = await open(t)
    for (const event of [newEvent(), largeEvent(), newEvent(), largeEvent(), newEvent()])
      await store.log.append([event])
    const offsets = async (maxBytes: number, after = 0) =>
      (await store.log.read({ ...ALL, after, maxBytes })).map(({ offset }) => offset)
    t.strictSame(await offsets(1_000), [1, 2])
    t.strictSame(await offsets(1_000, 1), [2])
    t.strictSame(await offsets(1_300_000), [1, 2, 3, 4])
    const [page] = await store.log.readPages([{ after: 0 }], { upTo: 5, limit: 10, maxBytes: 1_000 })
    t.match(page, { events: { length: 2 }, reached: 2 })
  })

  void t.test('what an instance adds after a large event does not pass it, and what others add does', async (t) => {
    const { store } = await open(t)
    await store.log.append([newEvent(), newEvent({ instance: 'other' })])
    const offsetOf = async (event: NewEvent) => (await store.log.append([event]))[0]?.offset
    const large = [offsetOf(largeEvent({ data: largeData(4_000_000) })), offsetOf(newEvent())]
    const other = await offsetOf(newEvent({ instance: 'other' }))
    t.strictSame([other, ...(await Promise.all(large))], [3, 4, 5])
  })

  void t.test('large events of one append keep their order, those of new instances among them', async (t) => {
    const { store } = await open(t)
    const events = Array.from({ length: 6 }, (_, index) =>
      index % 3 === 1 ? newEvent() : largeEvent({ instance: `new ${index % 2}`, data: largeData(300_000, index) })
    )
    const later = newEvent()
    const [results, [last]] = await Promise.all([store.log.append(events), store.log.append([later])])
    t.strictSame(
      results.map(({ id, offset, duplicate }) => [id, offset, duplicate]),
      events.map(({ id }, index) => [id, index + 1, false])
    )
    t.equal(last?.offset, 7)
    t.match(
      await store.log.read(ALL),
      [...events, later].map(({ id, data }) => ({ id, data }))
    )
  })

  void t.test('a large event with a repeated id is a duplicate', async (t) => {
    const { store } = await open(t)
    const event = largeEvent({ id: 'mine', flags: CALLER_ID })
    const again = { ...event, data: largeData(900_000, 2) }
    const duplicate = { id: 'mine', offset: 1, duplicate: true }
    t.strictSame(await store.log.append([event, again]), [{ id: 'mine', offset: 1, duplicate: false }, duplicate])
    t.strictSame(await store.log.append([again]), [duplicate])
    t.match(await store.log.append([{ ...again, instance: 'other' }]), [{ offset: 2, duplicate: false }])
    t.equal(await pruneAll(store), 2)
    t.match(await store.log.append([again]), [{ offset: 3, duplicate: false }], 'it is gone')
    t.match(await store.log.read(ALL), [{ offset: 3, data: again.data }])
  })

  void t.test('a large event that is removed takes no room, one with a delivery stays whole', async (t) => {
    const { store } = await open(t)
    const data = largeData(600_000)
    await store.log.append([largeEvent({ data }), largeEvent({ data, queues: ['a'] }), newEvent()])
    t.equal(await pruneAll(store), 2)
    t.match(await store.log.read(ALL), [{ offset: 2, data }])
    await store.deliveries.acknowledge([{ queue: 'a', instanceKey: 1, offset: 2 }])
    t.equal(await pruneAll(store), 1)
    t.strictSame(await store.log.read(ALL), [])
  })

  void t.test('nothing of an erased large event is read, and its delivery is sent without data', async (t) => {
    const { store, reopen } = await open(t)
    await store.log.append([largeEvent({ queues: ['a'] }), largeEvent({ data: largeData(600_000, 1) })])
    const [first, second] = await store.log.read(ALL)
    t.strictSame(await store.log.erase([first!]), [{ offset: 1, pending: 1, deadLetters: 0 }])
    t.match(await store.deliveries.readLane({ queue: 'a', instanceKey: 1 }, LANE), [{ offset: 1, data: 'null' }])
    t.match(await (await reopen()).log.read(ALL), [{ data: 'null' }, second])
  })

  void t.test('the dead letter of a large event is sent whole once it is redriven', async (t) => {
    const { store } = await open(t)
    const event = largeEvent({ queues: ['a'] })
    await store.log.append([event])
    const lane = { queue: 'a', instanceKey: 1 }
    await store.deliveries.bury({ ...lane, offset: 1 }, { reason: 'Refused', message: 'no', attempts: 1 })
    t.match(await store.deadLetters.redrive(ALL), [{ offset: 1, eventId: event.id }])
    t.match(await store.deliveries.readLane(lane, LANE), [{ data: event.data }])
  })
}
