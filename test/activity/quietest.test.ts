import t from 'tap'
import { oldestOpenSilenceSeconds, quietest } from '../../lib/activity/quietest.ts'

const AT = 1_800_000_000_000

/** Records with these ages in seconds and states. */
function activities(...all: [ageSeconds: number, state: string | null][]) {
  const records = all.map(([age, state], index) => ({
    instanceKey: index,
    instance: `i${age}`,
    lastAt: AT - age * 1_000,
    lastEvent: 'call',
    lastOffset: index,
    state
  }))
  return {
    *records(): Generator<(typeof records)[number], undefined> {
      yield* records
    }
  }
}

t.test('the quietest come first; instances that are not connected are left out', async (t) => {
  const all = activities(
    [3, 'open'],
    [9, null],
    [1, null],
    [20, 'close'],
    [30, 'connecting'],
    [7, 'open'],
    [9.5, null],
    [0.5, 'open']
  )
  const names = (limit: number) => quietest(all, limit).map(({ instance }) => instance)
  t.same(names(3), ['i9.5', 'i9', 'i7'])
  t.same(names(10), ['i9.5', 'i9', 'i7', 'i3', 'i1', 'i0.5'])
  t.same(quietest(activities(), 3), [])
})

t.test('the oldest silence is that of an instance that says open', async (t) => {
  t.equal(oldestOpenSilenceSeconds(activities([3, 'open'], [7, 'open'], [9, null], [20, 'close']), AT), 7)
  t.equal(oldestOpenSilenceSeconds(activities([9, null]), AT), 0)
})
