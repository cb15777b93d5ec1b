import type { Test } from 'tap'
import type { DeadLetterStore } from '../../lib/store/dead-letter-store.ts'

/**
 * Two redrives forget a limited number of earlier ones each.
 * @param deadLetters has dead letters of the queues b and c, and redrives that are old enough: 1, which is pending, and 100 to 1599
 */
export async function forgetsInSteps(t: Test, deadLetters: DeadLetterStore): Promise<void> {
  const known = async () => {
    const outcomes = await deadLetters.outcomes([1, ...Array.from({ length: 1_500 }, (_, n) => 100 + n)])
    return ['pending', 'sent', 'unknown'].map((of) => outcomes.filter(({ outcome }) => outcome === of).length)
  }
  t.same(await known(), [1, 1_500, 0])
  await deadLetters.redrive({ after: 0, limit: 10, queue: 'b' })
  t.same(await known(), [1, 501, 999])
  await deadLetters.redrive({ after: 0, limit: 10, queue: 'c' })
  t.same(await known(), [1, 0, 1_500])
}
