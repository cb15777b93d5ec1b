import t from 'tap'
import { Refusals } from '../../lib/event-log/refusals.ts'

const FULL = { code: 'IEV_BACKPRESSURE', message: 'the disk is full' }

t.test('a refusal is remembered until a call of the same size is accepted', async (t) => {
  const refusals = new Refusals()
  t.same(refusals.any, false)
  refusals.refused(FULL, 2, { size: 2_000, deliveries: 4 })
  refusals.refused({ ...FULL, message: 'it still is' }, 1, { size: 1_000, deliveries: 2 })
  t.match(refusals.list(), [{ code: FULL.code, message: 'it still is', count: 3, since: Date }])
  refusals.accepted({ size: 999, deliveries: 2 })
  refusals.accepted({ size: 5_000, deliveries: 0 })
  t.equal(refusals.list().length, 1, 'less says nothing')
  refusals.accepted({ size: 1_000, deliveries: 2 })
  t.same(refusals.list(), [])
  t.same(refusals.any, false)
})

t.test('a refusal is remembered for a minute after the last one', async (t) => {
  let now = 0
  const refusals = new Refusals(() => now)
  refusals.refused(FULL, 1, { size: 1, deliveries: 1 })
  now = 50_000
  refusals.refused(FULL, 1, { size: 1, deliveries: 1 })
  now = 110_000
  t.match(refusals.list(), [{ count: 2 }])
  now = 110_001
  t.same(refusals.list(), [])
  refusals.refused(FULL, 1, { size: 1, deliveries: 1 })
  t.match(refusals.list(), [{ count: 1 }])
})
