import t from 'tap'
import { SentCount } from '../../lib/sqs/sent-count.ts'

const START = 1_800_000_000_000

t.test('the last minute slides: the minute before counts in proportion', async (t) => {
  const sent = new SentCount()
  const at = (seconds: number) => START + seconds * 1_000
  t.same([sent.lastAt, sent.lastMinute(START)], [null, 0])
  sent.add(10, at(5))
  sent.add(20, at(50))
  t.same([sent.lastAt, sent.lastMinute(at(55))], [new Date(at(50)), 30])
  t.equal(sent.lastMinute(at(90)), 15, 'half of the minute before')
  sent.add(6, at(90))
  t.equal(sent.lastMinute(at(90)), 21)
  t.equal(sent.lastMinute(at(150)), 3)
  t.equal(sent.lastMinute(at(240)), 0)
  sent.add(4, at(600))
  t.equal(sent.lastMinute(at(600)), 4, 'older minutes are forgotten')
})
