import t from 'tap'
import { TokenBucket } from '../../lib/operator/token-bucket.ts'

t.test('a bucket gives as many at once as it has, then one for each that is added', async (t) => {
  let now = 0
  const bucket = new TokenBucket({ size: 3, refillMs: 10, now: () => now })
  const taken = () => [bucket.take(), bucket.take(), bucket.take(), bucket.take()]
  t.same(taken(), [true, true, true, false])
  now = 9
  t.equal(bucket.take(), false)
  now = 25
  t.same(taken(), [true, true, false, false])
  now = 1_000
  t.same(taken(), [true, true, true, false], 'no more than it has room for')
})

t.test('time is measured by a clock that is not set back', async (t) => {
  const bucket = new TokenBucket({ size: 1, refillMs: 3_600_000 })
  t.same([bucket.take(), bucket.take()], [true, false])
})
