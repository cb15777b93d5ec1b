import t, { type Test } from 'tap'
import { backoffMs } from '../../lib/sqs/backoff.ts'

const LIMITS = { baseMs: 100, maxMs: 5_000 }

/** Makes chance say `value` until the test ends. */
function chance(t: Test, value: number): void {
  t.intercept(Math, 'random', { value: () => value })
}

t.test('the longest wait doubles with each attempt, up to the limit', async (t) => {
  chance(t, 1)
  t.strictSame(
    [0, 1, 2, 3, 4, 5, 6, 7].map((attempt) => backoffMs(attempt, LIMITS)),
    [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]
  )
  t.equal(backoffMs(100_000, LIMITS), 5_000, 'however long it goes on')
})

t.test('the jitter is full: a wait is anything from zero to the longest', async (t) => {
  chance(t, 0)
  t.equal(backoffMs(3, LIMITS), 0)
  chance(t, 0.25)
  t.equal(backoffMs(3, LIMITS), 200)
})

t.test('two waits of the same attempt differ', async (t) => {
  const waits = Array.from({ length: 50 }, () => backoffMs(2, LIMITS))
  t.ok(waits.every((wait) => wait >= 0 && wait < 400))
  t.ok(new Set(waits).size > 1)
})
