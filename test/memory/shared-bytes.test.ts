import t from 'tap'
import { SharedBytes } from '../../lib/memory/shared-bytes.ts'

t.test('one owner holds at most half of the limit, each further one at most half of what is left', (t) => {
  const bytes = new SharedBytes<string>(1_000)
  const fill = (owner: string) => {
    while (bytes.fits(owner, 10)) bytes.add(owner, 10)
    return bytes.of(owner)
  }
  t.strictSame(['a', 'b', 'c', 'd'].map(fill), [500, 250, 120, 60])
  t.ok(bytes.held < bytes.max)
  bytes.remove('a', 10)
  t.equal(fill('a'), 490, 'with others, it has less')
  t.end()
})

t.test('pieces larger than half of the limit are held outside of it, one at a time', (t) => {
  const bytes = new SharedBytes<string>(1_000)
  bytes.add('a', 500)
  t.ok(bytes.fits('a', 5_000))
  bytes.add('a', 5_000)
  t.strictSame([bytes.held, bytes.of('a')], [5_500, 500])
  t.notOk(bytes.fits('b', 501))
  t.ok(bytes.fits('b', 250))
  bytes.remove('a', 5_000)
  t.ok(bytes.fits('b', 501))
  t.end()
})
