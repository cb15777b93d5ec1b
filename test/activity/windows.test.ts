import t from 'tap'
import { addEvents, COUNTERS, countsAt } from '../../lib/activity/windows.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Begins a part of every window. */
const START = 1_800_000_000_000 - (1_800_000_000_000 % (3 * HOUR))

/** Counters of an instance; the second of three, so that those of others show when they change. */
function start() {
  const counters = new Uint32Array(3 * COUNTERS)
  const base = COUNTERS
  let last = 0
  return {
    add(at: number, count = 1) {
      addEvents({ counters, base, last }, at, count)
      last = Math.max(last, at)
    },
    at: (now: number) => countsAt({ counters, base, last }, now),
    others: () => [...counters.subarray(0, base), ...counters.subarray(base + COUNTERS)]
  }
}

t.test('events are counted in the last minute, hour and day, and leave them', async (t) => {
  const counted = start()
  t.same(counted.at(START), { minute: 0, hour: 0, day: 0 })
  counted.add(START)
  counted.add(START + 30 * SECOND, 4)
  t.same(
    [30 * SECOND, 89 * SECOND, 2 * MINUTE, 59 * MINUTE, 2 * HOUR, 23 * HOUR, 28 * HOUR].map((passed) =>
      counted.at(START + passed)
    ),
    [
      { minute: 5, hour: 5, day: 5 },
      { minute: 2, hour: 5, day: 5 },
      { minute: 0, hour: 5, day: 5 },
      { minute: 0, hour: 5, day: 5 },
      { minute: 0, hour: 0, day: 5 },
      { minute: 0, hour: 0, day: 5 },
      { minute: 0, hour: 0, day: 0 }
    ]
  )
  t.ok(
    counted.others().every((count) => count === 0),
    'those of other instances stay'
  )
})

t.test('a steady rate is counted exactly, however long it lasts', async (t) => {
  const counted = start()
  for (let second = 0; second < 30 * 3_600; second++) counted.add(START + second * SECOND)
  t.same(counted.at(START + 30 * HOUR), { minute: 60, hour: 3_600, day: 86_400 })
  t.same(counted.at(START + 30 * HOUR + 10 * SECOND), { minute: 50, hour: 3_590, day: 86_390 })
})

t.test('older events are counted in any order, those before a window are not', async (t) => {
  const counted = start()
  counted.add(START + 28 * HOUR)
  counted.add(START + 28 * HOUR - 10 * MINUTE, 2)
  counted.add(START + 7 * HOUR, 8)
  counted.add(START + 2 * HOUR, 16)
  t.same(counted.at(START + 28 * HOUR), { minute: 1, hour: 3, day: 11 })
})

t.test('after a pause, counters of before are not counted again', async (t) => {
  const counted = start()
  counted.add(START, 7)
  counted.add(START + 40 * HOUR)
  t.same(counted.at(START + 40 * HOUR), { minute: 1, hour: 1, day: 1 })
})
