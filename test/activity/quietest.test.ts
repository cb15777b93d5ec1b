import t from 'tap'
import { oldestOpenSilenceSeconds } from '../../lib/activity/quietest.ts'

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

t.test('the oldest silence is that of an instance that says open', async (t) => {
  t.equal(oldestOpenSilenceSeconds(activities([3, 'open'], [7, 'open'], [9, null], [20, 'close']), AT), 7)
  t.equal(oldestOpenSilenceSeconds(activities([9, null]), AT), 0)
})
