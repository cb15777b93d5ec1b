import t from 'tap'
import { timeSpan } from '../../console/time-span.ts'

t.test('a chart spans all of its points, at least a minute', async (t) => {
  t.same(timeSpan([], 1_000), [940, 1_000])
  t.same(timeSpan([500], 1_000), [440, 500], 'a single point has no day behind it')
  t.same(timeSpan([500, 502], 1_000), [442, 502])
  t.same(timeSpan([500, 502, 700], 1_000), [500, 700])
})
