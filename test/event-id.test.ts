import t from 'tap'
import { newEventId } from '../lib/event-id.ts'

t.test('ids are UUIDs of version 7, of the time they are made, each behind the one before', async (t) => {
  const begun = Date.now()
  const ids = Array.from({ length: 5_000 }, newEventId)
  t.ok(ids.every((id) => /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id)))
  t.same(ids.toSorted(), ids, 'in order')
  t.equal(new Set(ids).size, ids.length, 'none twice')
  for (const id of [ids[0], ids.at(-1)] as string[]) {
    const made = Number.parseInt(id.replace('-', '').slice(0, 12), 16)
    t.ok(made >= begun && made <= Date.now())
  }
})

t.test('the random part of ids does not repeat', async (t) => {
  const tails = Array.from({ length: 5_000 }, () => newEventId().slice(-12))
  t.equal(new Set(tails).size, tails.length)
})
