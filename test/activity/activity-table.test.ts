import t from 'tap'
import { ActivityTable } from '../../lib/activity/activity-table.ts'

const AT = 1_800_000_000_000
const happened = { instanceKey: 7, instance: 'sales', count: 1, event: 'call', offset: 3, at: AT }

t.test('the newest event of an instance is its last, in whichever order they are noted', async (t) => {
  const table = new ActivityTable()
  t.equal(table.get(7), undefined)
  t.same(table.counts(7, AT), { minute: 0, hour: 0, day: 0 })
  table.note(happened)
  table.note({ ...happened, event: 'labels.edit', offset: 1, at: AT - 5_000 })
  table.note({ ...happened, instanceKey: 8, instance: 'support', offset: 2 })
  t.same(table.get(7), {
    instanceKey: 7,
    instance: 'sales',
    lastAt: AT,
    lastEvent: 'call',
    lastOffset: 3,
    state: null
  })
  t.same(table.counts(7, AT), { minute: 2, hour: 2, day: 2 })
  t.equal(table.size, 2)
})

t.test('the newest state remains, and a record may have only a state', async (t) => {
  const table = new ActivityTable()
  table.noteState({ instanceKey: 7, instance: 'sales', state: 'open', at: AT })
  table.noteState({ instanceKey: 7, instance: 'sales', state: 'close', at: AT - 1 })
  t.match(table.get(7), { lastAt: 0, lastEvent: '', state: 'open' })
  table.noteState({ instanceKey: 7, instance: 'sales', state: 'paused', at: AT + 1 })
  t.match(table.get(7), { state: 'paused' })
  table.noteState({ instanceKey: 7, instance: 'sales', state: null, at: AT + 2 })
  t.match(table.get(7), { state: null }, 'it is not known any more')
})

t.test('the room of a removed instance is used again, without what it had', async (t) => {
  const table = new ActivityTable()
  table.note(happened)
  table.noteState({ ...happened, state: 'open' })
  table.delete(7)
  table.delete(7)
  table.note({ ...happened, instanceKey: 9, instance: 'new', at: AT + 1 })
  t.same(
    [...table.records()],
    [{ instanceKey: 9, instance: 'new', lastAt: AT + 1, lastEvent: 'call', lastOffset: 3, state: null }]
  )
  t.same(table.counts(9, AT + 1), { minute: 1, hour: 1, day: 1 })
})

t.test('thousands of instances are kept apart', async (t) => {
  const table = new ActivityTable()
  const keys = Array.from({ length: 3_000 }, (_, index) => index + 1)
  for (const key of keys) table.note({ ...happened, instanceKey: key, instance: `i${key}`, offset: key, count: key })
  t.equal(table.size, 3_000)
  t.same(
    [...table.records()].map(({ instanceKey, instance, lastOffset }) => [instanceKey, instance, lastOffset]),
    keys.map((key) => [key, `i${key}`, key])
  )
  t.same(
    keys.map((key) => table.counts(key, AT).day),
    keys
  )
})
