import type { Test } from 'tap'
import type { EventStore } from '../../../lib/store/event-store.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

const MB = 1_000_000
const LARGE = `"${'x'.repeat(900_000)}"`

async function prune(store: EventStore, maxBytes: number): Promise<number> {
  let removed = 0
  for (let more = true; more;) {
    const step = await store.log.prune({ acceptedBefore: 0, maxBytes })
    removed += step.removed
    more = step.more
  }
  return removed
}

async function left(store: EventStore, instance: string): Promise<number[]> {
  const instanceKey = store.instances.require(instance).key
  return (await store.log.read({ instanceKey, after: 0, limit: 10_000 })).map(({ offset }) => offset)
}

async function prunedTo(store: EventStore, instance?: string): Promise<number[]> {
  const instanceKey = instance === undefined ? undefined : store.instances.require(instance).key
  const { prunedTo, head: upTo } = await store.log.range(instanceKey)
  const request = { ...(instanceKey !== undefined && { instanceKey }), after: 0 }
  const [page] = await store.log.readPages([request], { upTo, limit: 1, maxBytes: 1 })
  return [prunedTo, page!.prunedTo]
}

export function retainedShares(t: Test, open: Open): void {
  const appendLarge = async (store: EventStore, instance: string, count: number, queues: string[] = []) => {
    const offsets: number[] = []
    for (const event of newEvents(count, { instance, data: LARGE, queues })) {
      const [result] = await store.log.append([event])
      offsets.push(result!.offset)
    }
    return offsets
  }

  void t.test('90 MB of one instance push none of 50 events of another out of a log of 50 MB', async (t) => {
    const { store, reopen } = await open(t)
    const kept = (await store.log.append(newEvents(50, { instance: 'quiet' }))).map(({ offset }) => offset)
    const offsets = await appendLarge(store, 'greedy', 100)
    const removed = await prune(store, 50 * MB)
    t.ok(removed >= 40 && removed < 60, `${removed} of 100 went`)
    const check = async (opened: EventStore) => {
      t.strictSame(await left(opened, 'quiet'), kept)
      t.strictSame(await left(opened, 'greedy'), offsets.slice(removed), 'the oldest went')
      t.strictSame(await prunedTo(opened, 'quiet'), [0, 0])
      const last = offsets[removed - 1]
      t.strictSame(await prunedTo(opened, 'greedy'), [last, last])
      t.strictSame(await prunedTo(opened), [last, last])
      t.equal(await prune(opened, 50 * MB), 0)
    }
    await check(store)
    await check(await reopen())
  })

  void t.test('ids of events that were removed for a share are free', async (t) => {
    const { store } = await open(t)
    const event = newEvent({ instance: 'greedy', id: 'order-1', flags: 1, data: LARGE })
    const [first] = await store.log.append([event])
    await store.log.append(newEvents(1, { instance: 'quiet' }))
    await appendLarge(store, 'greedy', 3)
    await prune(store, 2 * MB)
    t.notOk((await left(store, 'greedy')).includes(first!.offset))
    t.match(await store.log.append([event]), [{ duplicate: false }])
  })

  void t.test(
    'two large instances push none of 50 events of a third out, and lose as much as each other',
    async (t) => {
      const { store, reopen } = await open(t)
      const first = await appendLarge(store, 'first', 20)
      const kept = (await store.log.append(newEvents(50, { instance: 'quiet' }))).map(({ offset }) => offset)
      const second = await appendLarge(store, 'second', 20)
      const removed = await prune(store, 20 * MB)
      const check = async (opened: EventStore) => {
        t.strictSame(await left(opened, 'quiet'), kept)
        const of = await Promise.all([left(opened, 'first'), left(opened, 'second')])
        t.strictSame(of, [first.slice(-of[0].length), second.slice(-of[1].length)], 'the oldest went')
        t.ok(
          Math.abs(of[0].length - of[1].length) <= 1 && of[0].length >= 9,
          `${of[0].length}, ${of[1].length} are left`
        )
        t.equal(of[0].length + of[1].length + removed, 40)
        t.equal(await prune(opened, 20 * MB), 0)
      }
      await check(store)
      const opened = await reopen()
      await check(opened)
      await appendLarge(opened, 'first', 6)
      t.ok((await prune(opened, 20 * MB)) >= 5)
      const of = await Promise.all([left(opened, 'first'), left(opened, 'second')])
      t.ok(Math.abs(of[0].length - of[1].length) <= 1, `${of[0].length}, ${of[1].length} are left`)
      t.strictSame(await left(opened, 'quiet'), kept)
    }
  )

  void t.test('the largest of three loses events down to the second, then both in turns', async (t) => {
    const { store } = await open(t)
    const small = await appendLarge(store, 'small', 3)
    const second = await appendLarge(store, 'second', 6)
    await appendLarge(store, 'largest', 12)
    await prune(store, 17 * MB)
    t.strictSame([await left(store, 'small'), await left(store, 'second')], [small, second])
    const before = (await left(store, 'largest')).length
    t.ok(before >= 6 && before <= 10, `${before} are left`)
    await prune(store, 11 * MB)
    t.strictSame(await left(store, 'small'), small)
    const of = await Promise.all([left(store, 'second'), left(store, 'largest')])
    t.ok(of[0].length < 6 && Math.abs(of[0].length - of[1].length) <= 1, `${of[0].length}, ${of[1].length} are left`)
  })

  void t.test('of instances that hold as much as each other, the oldest events of all go, in turns', async (t) => {
    const { store } = await open(t)
    const first = await appendLarge(store, 'one', 4)
    const second = await appendLarge(store, 'two', 4)
    const third = await appendLarge(store, 'three', 4)
    const removed = await prune(store, 9.5 * MB)
    t.ok(removed === 2 || removed === 3, `${removed} went`)
    t.strictSame(await left(store, 'one'), first.slice(1))
    t.strictSame(await left(store, 'two'), second.slice(1))
    t.strictSame(await left(store, 'three'), third.slice(removed - 2))
    t.strictSame(await prunedTo(store, 'two'), [second[0], second[0]])
  })

  void t.test('many instances that hold as much as each other lose the same', async (t) => {
    const { store } = await open(t)
    const names = Array.from({ length: 700 }, (_, n) => `tenant ${n}`)
    const data = `"${'x'.repeat(3_000)}"`
    for (let round = 0; round < 4; round++)
      await store.log.append(names.map((instance) => newEvent({ instance, data })))
    await prune(store, 4 * MB)
    const counts = new Map<string, number>()
    for (const { instance } of await store.log.read({ after: 0, limit: 10_000 }))
      counts.set(instance, (counts.get(instance) ?? 0) + 1)
    t.equal(counts.size, names.length)
    t.ok(Math.max(...counts.values()) - Math.min(...counts.values()) <= 1, [...new Set(counts.values())].join())
  })

  void t.test('events that went by age are counted no more', async (t) => {
    const { store } = await open(t)
    await store.log.append(newEvents(50, { instance: 'quiet' }))
    await appendLarge(store, 'former', 9)
    await prune(store, 8 * MB)
    t.equal((await left(store, 'quiet')).length, 50)
    const { head } = await store.log.range()
    const old = { acceptedBefore: Date.now() + 86_400_000, maxBytes: Number.MAX_SAFE_INTEGER }
    while ((await store.log.prune(old)).more);
    t.strictSame(await prunedTo(store, 'quiet'), [head, head])
    const kept = (await store.log.append(newEvents(50, { instance: 'quiet' }))).map(({ offset }) => offset)
    await appendLarge(store, 'greedy', 6)
    t.ok((await prune(store, 3 * MB)) >= 3)
    t.strictSame(await left(store, 'quiet'), kept)
  })

  void t.test('of erased events only what is left of them is counted', async (t) => {
    const { store } = await open(t)
    await store.log.append(newEvents(50, { instance: 'quiet' }))
    await appendLarge(store, 'former', 9)
    await prune(store, 8 * MB)
    const { key: instanceKey } = store.instances.require('former')
    const former = await store.log.read({ instanceKey, after: 0, limit: 10 })
    await store.log.erase(former)
    await appendLarge(store, 'greedy', 6)
    t.ok((await prune(store, 3 * MB)) >= 3)
    t.equal((await left(store, 'former')).length, former.length)
    t.equal((await left(store, 'quiet')).length, 50)
  })

  void t.test('pending events of an instance are not made up for by events of others', async (t) => {
    const { store } = await open(t)
    const kept = await appendLarge(store, 'quiet', 2)
    const pending = await appendLarge(store, 'greedy', 6, ['a'])
    t.equal(await prune(store, 3 * MB), 0)
    await appendLarge(store, 'greedy', 3)
    t.equal(await prune(store, 3 * MB), 3)
    t.strictSame([await left(store, 'quiet'), await left(store, 'greedy')], [kept, pending])

    const instanceKey = store.instances.require('greedy').key
    const [dead, ...sent] = pending.map((offset) => ({ queue: 'a', instanceKey, offset }))
    await store.deliveries.bury(dead!, { reason: 'r', message: 'm', attempts: 1 })
    await store.deliveries.acknowledge(sent)
    t.equal(await prune(store, 4 * MB), 4, 'they go once they are sent')
    t.strictSame(await left(store, 'quiet'), kept)
    t.ok((await left(store, 'greedy')).includes(dead!.offset), 'a dead letter stays')
  })

  void t.test('an empty log that is too large has nothing to remove', async (t) => {
    const { store } = await open(t)
    t.equal(await prune(store, 1), 0)
    t.match(await store.log.range(), { head: 0, prunedTo: 0 })
  })

  void t.test('events are counted and removed in steps', async (t) => {
    const { store } = await open(t)
    const data = `"${'x'.repeat(200)}"`
    const quiet = await store.log.append(newEvents(3, { instance: 'quiet' }))
    for (let n = 0; n < 12; n++) await store.log.append(newEvents(1_000, { instance: 'greedy', data }))
    const removed = await prune(store, 4 * MB)
    t.ok(removed > 500 && removed < 12_000, `${removed} went`)
    t.equal((await left(store, 'quiet')).length, quiet.length)
    const [first] = await left(store, 'greedy')
    t.equal(first, quiet.at(-1)!.offset + removed + 1)
  })
}
