import t from 'tap'
import { Refusals } from '../../lib/event-log/refusals.ts'

const FULL = { code: 'IEV_BACKPRESSURE', message: 'the disk is full' }
const EVENTS = [{ instance: 'support' }]

t.test('a refusal is remembered until a call of the same size is accepted', async (t) => {
  const refusals = new Refusals()
  t.same(refusals.any, false)
  refusals.refused(FULL, 2, { size: 2_000, deliveries: 4 })
  refusals.refused({ ...FULL, message: 'it still is' }, 1, { size: 1_000, deliveries: 2 })
  t.match(refusals.list(), [{ code: FULL.code, message: 'it still is', count: 3, since: Date }])
  refusals.accepted({ size: 999, deliveries: 2 }, EVENTS)
  refusals.accepted({ size: 5_000, deliveries: 0 }, EVENTS)
  t.equal(refusals.list().length, 1, 'less says nothing')
  refusals.accepted({ size: 1_000, deliveries: 2 }, EVENTS)
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

t.test(
  'the refusal of an instance that has used up its share is remembered while events of others are accepted',
  async (t) => {
    const refusals = new Refusals()
    const load = { size: 1, deliveries: 1 }
    refusals.refused({ ...FULL, message: 'its share', instance: 'sales' }, 1, load)
    refusals.accepted(load, EVENTS)
    t.match(refusals.list(), [{ message: 'its share', count: 1 }])
    refusals.accepted(load, [...EVENTS, { instance: 'sales' }])
    t.same(refusals.list(), [])
  }
)
