import t from 'tap'
import type { StoredEvent } from '../../../lib/events/event.ts'
import { PostgresRetained } from '../../../lib/store/postgres/retained.ts'
import type { PostgresPool } from '../../../lib/store/postgres/connection.ts'

/** A database whose counted shares are a map, and the counts that it was asked for. */
function makeRetained() {
  const database = {
    schema: 'public',
    shares: new Map<number, number>(),
    uncounted: 0,
    counts: 0,
    reading: () => {},
    one: async (_sql: string, [limit]: number[]) => {
      database.counts++
      const counted = Math.min(limit as number, database.uncounted)
      database.uncounted -= counted
      return { counted }
    },
    query: async () => {
      database.reading()
      return [...database.shares].map(([instance_key, bytes]) => ({ instance_key, bytes }))
    }
  }
  // The four members of a pool that are used here.
  return { database, retained: new PostgresRetained(database as unknown as PostgresPool) }
}

/** What is counted of an event: its key and its texts. */
const event = (instanceKey: number) =>
  ({ instanceKey, data: 'x'.repeat(1_000), envelope: '', extra: null, traceparent: null }) as unknown as StoredEvent

t.test('an instance holds nothing until it is counted, and then what was counted', async (t) => {
  const { database, retained } = makeRetained()
  await retained.refresh()
  t.equal(database.counts, 0, 'nobody has asked')
  t.equal(retained.bytes(1), 0)
  t.equal(retained.bytes(2), 0)
  database.shares.set(1, 5_000)
  await retained.refresh()
  t.equal(retained.bytes(1), 5_000)
  t.equal(retained.bytes(2), 0, 'the database has no share of it')
})

t.test('what is appended while the shares are read is added to them', async (t) => {
  const { database, retained } = makeRetained()
  retained.appended([event(1)])
  retained.bytes(1)
  retained.appended([event(1), event(2)])
  const one = retained.bytes(1)
  t.ok(one > 1_000)
  database.shares.set(1, 5_000)
  database.reading = () => retained.appended([event(1)])
  await retained.refresh()
  t.equal(retained.bytes(1), 5_000 + one, 'the first is counted, the second is not yet')
})

t.test('a refresh counts until nothing is left, and then rests', async (t) => {
  const { database, retained } = makeRetained()
  retained.bytes(1)
  database.uncounted = 12_000
  await retained.refresh()
  t.strictSame([database.counts, database.uncounted], [3, 0])
  await retained.refresh()
  t.equal(database.counts, 3, 'it rests')
})

t.test('one refresh counts no more than a hundred thousand events', async (t) => {
  const { database, retained } = makeRetained()
  retained.bytes(1)
  database.uncounted = 1_000_000
  await retained.refresh()
  t.strictSame([database.counts, database.uncounted], [20, 900_000])
})
