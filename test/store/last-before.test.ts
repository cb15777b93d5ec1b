import t from 'tap'
import { lastBefore } from '../../lib/store/last-before.ts'

/** Searches a log that has an event at each of these offsets. @returns the offset, and the number of events that were read */
async function search(time: number, events: [offset: number, acceptedAt: number][], range = { first: 0, head: 0 }) {
  let reads = 0
  const offset = await lastBefore(time, range, async (after) => {
    reads++
    const [found, acceptedAt] = events.find(([offset]) => offset > after) ?? []
    return found === undefined || acceptedAt === undefined ? undefined : { offset: found, acceptedAt }
  })
  return { offset, reads }
}

t.test('the last event before a time is found in a few reads, also among pruned ones', async (t) => {
  const events = Array.from({ length: 10_000 }, (_, n): [number, number] => [3 * n + 10, 1_000 + Math.floor(n / 2)])
  const range = { first: 10, head: 30_007 }
  for (const [time, offset] of [
    [0, 9],
    [1_000, 9],
    [1_001, 13],
    [1_002, 19],
    [5_999, 29_998 + 6],
    [9_999, 30_007]
  ] as const) {
    const found = await search(time, events, range)
    t.equal(found.offset, time === 5_999 ? 29_998 + 3 : offset, String(time))
    t.ok(found.reads <= 16, `${found.reads} reads`)
  }
  t.strictSame(await search(1, []), { offset: 0, reads: 0 })
  t.strictSame((await search(1, [], { first: 9, head: 8 })).offset, 8, 'all events were pruned')
})

t.test('where a clock was set back, the event found is before the time, and a later one follows', async (t) => {
  const times = [10, 20, 30, 40, 15, 25, 35, 45]
  for (const time of [12, 22, 33, 44]) {
    const { offset } = await search(
      time,
      times.map((at, n) => [n + 1, at]),
      { first: 1, head: 8 }
    )
    t.ok((times[offset - 1] ?? 0) < time && (times[offset] ?? 99) >= time, `${time}: ${offset}`)
  }
})
