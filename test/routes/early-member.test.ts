import t from 'tap'
import { earlyMember } from '../../routes/early-member.ts'

t.test('a member at the beginning of a body is found before the body is read', async (t) => {
  const find = (body: string) => earlyMember(Buffer.from(body), 'instance')
  const long = 'x'.repeat(5_000)
  t.equal(find('{"event":"call","instance":"sales","data":{"instance":"a"}}'), 'sales')
  t.equal(find(`\ufeff {"instance" : "sales", "data":"${long}"}`), 'sales')
  t.equal(find(`{"instances":"a","data":{"instance":"b"},"instance":"c"}`), 'c')
  t.equal(find(`{"data":"${long}","instance":"sales"}`), undefined)
  t.equal(find('{"instance":7}'), undefined)
  t.equal(find('{"instance":"sales" "data"'), 'sales', 'reading the body tells that it is no JSON')
  t.equal(find('[{"instance":"sales"}]'), undefined)
})
