import t from 'tap'
import { PostgresBacklog } from '../../../lib/store/postgres/backlog.ts'

/** A backlog whose database is a number. */
function makeBacklog({ restMs = 0 } = {}) {
  const database = { pending: 7, busy: false, counts: 0, count: async () => {} }
  const backlog = new PostgresBacklog({
    max: 10,
    restMs: () => restMs,
    busy: () => database.busy,
    count: async () => {
      database.counts++
      await database.count()
      return database.pending
    }
  })
  return { database, backlog }
}

t.test('it is counted when there is doubt, until nothing has changed meanwhile', async (t) => {
  const { database, backlog } = makeBacklog()
  await backlog.refresh()
  t.equal(database.counts, 0)
  backlog.doubt()
  await backlog.refresh()
  await backlog.refresh()
  t.strictSame([database.counts, backlog.pending], [1, 7])

  backlog.doubt()
  database.count = async () => backlog.change(1)
  await backlog.refresh()
  database.count = async () => {
    database.busy = true
  }
  await backlog.refresh()
  database.count = async () => {
    database.busy = false
  }
  await backlog.refresh()
  await backlog.refresh()
  await backlog.refresh()
  t.equal(database.counts, 5, 'it was busy as the fourth began')
})

t.test('a count that fails is made again; two are not made at once, nor one after the other', async (t) => {
  const { database, backlog } = makeBacklog()
  database.count = () => Promise.reject(new Error('away'))
  backlog.doubt()
  await t.rejects(backlog.refresh(), { message: 'away' })
  database.count = async () => {}
  await Promise.all([backlog.refresh(), backlog.refresh()])
  t.equal(database.counts, 2)

  const resting = makeBacklog({ restMs: 60_000 })
  await resting.backlog.count()
  resting.backlog.doubt()
  await resting.backlog.refresh()
  t.equal(resting.database.counts, 1)
})

t.test('what is reserved counts until it is settled', async (t) => {
  const { backlog } = makeBacklog()
  await backlog.count()
  backlog.reserve(3)
  t.throws(() => backlog.reserve(1), { code: 'IEV_BACKPRESSURE', message: /7 deliveries .* limit is 10/ })
  backlog.reserve(0)
  backlog.settle(3)
  backlog.reserve(2)
})
