import t from 'tap'
import { derivedId, derivedIdInSlices, type DerivedIdSource } from '../../lib/events/derived-id.ts'

const SOURCE: DerivedIdSource = {
  instance: 'sales',
  event: 'messages.upsert',
  dateTime: '2026-01-31T12:00:00.123Z',
  data: '{"key":{"id":"3EB0A1"},"message":{"conversation":"Oi"}}'
}
const idOf = (changes: Partial<DerivedIdSource> = {}) => derivedId({ ...SOURCE, ...changes })

t.test('the same event has the same id, which begins with its time', async (t) => {
  t.equal(idOf(), '019c13ec9e7b-Z5RHyZbC_m2XctZZASEF6gnPiW3xWuVZiYu5_XBBM-E')
  const same = [
    idOf({ data: '{ "message":{"conversation":"\\u004fi"}, "key":{"id":"3EB0A1"} }' }),
    idOf({ dateTime: '2026-01-31T09:00:00.123-03:00' }),
    await derivedIdInSlices(SOURCE)
  ]
  t.strictSame(same, [idOf(), idOf(), idOf()])
})

t.test('another instance, name, millisecond or data is another event', async (t) => {
  const others = [
    idOf(),
    idOf({ instance: 'support' }),
    idOf({ event: 'messages.update' }),
    idOf({ dateTime: '2026-01-31T12:00:00.124Z' }),
    idOf({ data: '{"key":{"id":"3EB0A2"},"message":{"conversation":"Oi"}}' }),
    idOf({ data: 'null' }),
    // The parts are told apart.
    idOf({ instance: 'sales","messages.upsert' }),
    idOf({ instance: 'sale', event: 'smessages.upsert' })
  ]
  t.equal(new Set(others).size, others.length)
  t.match(
    others,
    others.map(() => /^[0-9a-f]{12}-[\w-]{43}$/)
  )
})

t.test('a time that is none has no id, and one before 1970 has', async (t) => {
  t.strictSame(
    ['yesterday', '', '2026-02-30', '0000-01-01'].map((dateTime) => idOf({ dateTime })?.slice(0, 13)),
    [undefined, undefined, undefined, '000000000000-']
  )
})

t.test('an id of large data is derived while other work is done', async (t) => {
  const data = `[${'1,'.repeat(1_000_000)}1]`
  let turns = 0
  let counting = true
  const count = () => {
    turns++
    if (counting) setImmediate(count)
  }
  count()
  const id = await derivedIdInSlices({ ...SOURCE, data })
  counting = false
  t.equal(id, idOf({ data }))
  t.ok(turns > 5, `${turns} turns`)
})
