import t from 'tap'
import { FirstItems } from '../../lib/operation/first-items.ts'

t.test('the first items are kept in order, equal ones in the order in which they came', async (t) => {
  const items = [5, 3.1, 9, 1, 3.2, 7, 3.3, 2]
  const first = (limit: number) => new FirstItems<number>(limit, (a, b) => Math.floor(a) - Math.floor(b)).addAll(items)
  t.same(first(5).items, [1, 2, 3.1, 3.2, 3.3])
  t.same(first(3).items, [1, 2, 3.1])
  t.same(first(100).items, [1, 2, 3.1, 3.2, 3.3, 5, 7, 9])
})
