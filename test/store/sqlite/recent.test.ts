import t from 'tap'
import { Recent } from '../../../lib/store/sqlite/recent.ts'

t.test('the entry that was used longest ago is given up', async (t) => {
  const recent = new Recent<number, string>(2)
  t.equal(recent.set(1, 'one'), 'one')
  recent.set(2, 'two')
  t.equal(recent.get(1), 'one')
  recent.set(3, 'three')
  t.same([recent.get(1), recent.get(2), recent.get(3)], ['one', undefined, 'three'])
})
