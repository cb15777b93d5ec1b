import t from 'tap'
import { Backlog } from '../../lib/store/backlog.ts'

t.test('a reservation takes room until it is settled', (t) => {
  const backlog = new Backlog({ max: 10, pending: 7 })
  backlog.reserve(3)
  t.throws(() => backlog.reserve(1), {
    code: 'IEV_BACKPRESSURE',
    message: /7 deliveries to SQS are pending, the limit is 10/
  })
  backlog.settle(3)
  backlog.reserve(2)
  t.equal(backlog.pending, 7)
  t.end()
})

t.test('an append without deliveries finds room in a full backlog', (t) => {
  const backlog = new Backlog({ max: 1, pending: 0 })
  backlog.change(1)
  t.doesNotThrow(() => backlog.reserve(0))
  t.throws(() => backlog.reserve(1), { code: 'IEV_BACKPRESSURE' })
  t.end()
})
