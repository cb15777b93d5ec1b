import t from 'tap'
import { shareLevel } from '../../lib/store/share-level.ts'

t.test('the greatest gives first, down to the next', async (t) => {
  t.equal(shareLevel([10, 100, 60], 30), 70)
  t.equal(shareLevel([10, 100, 60], 40), 60)
  t.equal(shareLevel([10, 100, 60], 50), 60, 'what else is to become free is for the next level')
  t.equal(shareLevel([10, 60, 60], 50), 35)
})

t.test('what is about as large gives in turns', async (t) => {
  t.equal(shareLevel([100, 98, 96, 10], 30), 88)
  t.equal(shareLevel([100, 98, 96, 10], 1_000), 10)
  t.equal(shareLevel([5, 5, 5, 5], 2), 4.5)
})

t.test('without others, all may go', async (t) => {
  t.equal(shareLevel([10], 4), 6)
  t.equal(shareLevel([10], 40), 0)
  t.equal(shareLevel([0, 0], 5), 0)
  t.equal(shareLevel([], 5), 0)
})
