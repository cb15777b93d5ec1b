import type { Test } from 'tap'
import { newEvent, newEvents } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

/** A part of time that has all events of a test. */
const LONG = 10 ** 12

export function sums(t: Test, open: Open): void {
  void t.test('the events of a stretch are counted by instance', async (t) => {
    const { store } = await open(t)
    t.same(await store.log.sums({ after: 0, upTo: 100, partMs: LONG }), [])
    await store.log.append([
      ...newEvents(3),
      newEvent({ instance: 'support', event: 'labels.edit' }),
      newEvent({ event: 'call' }),
      ...newEvents(2)
    ])
    const sorted = async (after: number, upTo: number) =>
      (await store.log.sums({ after, upTo, partMs: LONG }))
        .toSorted((a, b) => a.offset - b.offset)
        .map(({ instance, instanceKey, count, event, offset, acceptedAt }) => ({
          instance,
          isKey: instanceKey === store.instances.require(instance).key,
          count,
          event,
          offset,
          isNow: Math.abs(Date.now() - acceptedAt) < 60_000
        }))
    const own = { isKey: true, isNow: true }
    t.same(await sorted(0, 100), [
      { ...own, instance: 'support', count: 1, event: 'labels.edit', offset: 4 },
      { ...own, instance: 'sales', count: 6, event: 'messages.upsert', offset: 7 }
    ])
    t.same(await sorted(1, 5), [
      { ...own, instance: 'support', count: 1, event: 'labels.edit', offset: 4 },
      { ...own, instance: 'sales', count: 3, event: 'call', offset: 5 }
    ])
  })

  void t.test('the events of an instance are counted by part of time', async (t) => {
    const { store } = await open(t)
    const times: number[] = []
    do {
      await store.log.append(newEvents(1))
      times.push((await store.log.read({ after: 0, limit: 1, newestFirst: true }))[0]!.acceptedAt)
    } while (times.at(-1) === times[0])
    const found = await store.log.sums({ after: 0, upTo: 10_000, partMs: 1 })
    const counts = [...Map.groupBy(times, (at) => at)].map(([at, { length }]) => [at, length])
    t.same(
      found.map(({ acceptedAt, count }) => [acceptedAt, count]).sort(([a = 0], [b = 0]) => a - b),
      counts
    )
  })
}
