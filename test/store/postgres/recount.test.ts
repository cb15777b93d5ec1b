import t from 'tap'
import { Backlog } from '../../../lib/store/backlog.ts'
import { Recount } from '../../../lib/store/postgres/recount.ts'

/** A recount whose database is a number. */
function makeRecount({ restMs = 0 } = {}) {
  const database = { pending: 7, busy: false, counts: 0, count: async () => {} }
  const backlog = new Backlog({ max: 10, keyOf: () => 1 })
  const recount = new Recount({
    backlog,
    restMs: () => restMs,
    busy: () => database.busy,
    count: async () => {
      database.counts++
      await database.count()
      return { all: database.pending, byInstance: [[1, database.pending]] as const }
    }
  })
  return { database, backlog, recount }
}

t.test('a doubted backlog is counted until nothing has changed during a count', async (t) => {
  const { database, backlog, recount } = makeRecount()
  await recount.refresh()
  t.equal(database.counts, 0)
  recount.doubt()
  await recount.refresh()
  await recount.refresh()
  t.strictSame([database.counts, backlog.pending], [1, 7])

  recount.doubt()
  database.count = async () => backlog.change(1, 1)
  await recount.refresh()
  database.count = async () => {
    database.busy = true
  }
  await recount.refresh()
  database.count = async () => {
    database.busy = false
  }
  await recount.refresh()
  await recount.refresh()
  await recount.refresh()
  t.equal(database.counts, 5, 'it was busy as the fourth began')
})

t.test('a failed count is made again, and counts are made one by one, with a rest between them', async (t) => {
  const { database, recount } = makeRecount()
  database.count = () => Promise.reject(new Error('away'))
  recount.doubt()
  await t.rejects(recount.refresh(), { message: 'away' })
  database.count = async () => {}
  await Promise.all([recount.refresh(), recount.refresh()])
  t.equal(database.counts, 2)

  const resting = makeRecount({ restMs: 60_000 })
  await resting.recount.count()
  resting.recount.doubt()
  await resting.recount.refresh()
  t.equal(resting.database.counts, 1)
})
