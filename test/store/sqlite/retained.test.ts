import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { Random } from '../../simulation/random.ts'
import { failCommits } from '../../support/failing-sqlite.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { openSqlite } from '../../support/sqlite-store.ts'

type Opened = ReturnType<typeof openSqlite>

const INSTANCES = Array.from({ length: 400 }, (_, n) => `tenant ${n}`)

/** What the rows of the events say. */
function counted({ path }: Opened): Map<number, number> {
  const db = new DatabaseSync(path)
  try {
    const rows = db
      .prepare(
        `SELECT instance_key, sum(octet_length(envelope) + octet_length(extra) + octet_length(data) + 256) AS bytes
        FROM events GROUP BY instance_key`
      )
      .all()
    return new Map(rows.map((row) => [row.instance_key as number, row.bytes as number]))
  } finally {
    db.close()
  }
}

async function check(t: Test, opened: Opened, when: string): Promise<void> {
  const store = await opened.reopen()
  const held = INSTANCES.map((name) => store.instances.get(name)).filter((instance) => instance !== undefined)
  const found = held.map(({ key }) => [key, store.log.retainedBytes(key)] as const)
  await store.close()
  t.strictSame(new Map(found.filter(([, bytes]) => bytes > 0)), counted(opened), when)
}

t.test('whenever a process ends, the next one knows what each instance holds', async (t) => {
  const random = new Random(5)
  const opened = openSqlite(t)
  for (let round = 0; round < 12; round++) {
    const store = await opened.reopen()
    for (let batch = 0; batch < 8; batch++) {
      const names = Array.from({ length: 200 }, () => random.pick(INSTANCES))
      await store.log.append(
        names.map((instance) => newEvent({ instance, data: `"${'é'.repeat(random.between(0, 300))}"` }))
      )
    }
    if (round % 3 === 2) {
      const { head } = await store.log.range()
      const events = await store.log.read({ after: head - 50, limit: 50 })
      for (const event of events) await store.log.erase([event])
      while ((await store.log.prune({ acceptedBefore: 0, maxBytes: 1_000_000 })).more);
    }
    await check(t, opened, `round ${round}`)
  }
})

t.test('events of a transaction that fails are not counted', async (t) => {
  const opened = openSqlite(t)
  const { store } = opened
  await store.log.append(newEvents(20, { instance: 'tenant 1', data: `"${'x'.repeat(9_000)}"` }))
  const { key } = store.instances.require('tenant 1')
  const before = store.log.retainedBytes(key)
  const broken = failCommits(t)
  const failing: Promise<unknown>[] = [
    store.log.append(newEvents(5, { instance: 'tenant 1' })),
    store.log.append(newEvents(5, { instance: 'tenant 2' })),
    store.log.prune({ acceptedBefore: 0, maxBytes: 50_000 })
  ]
  for (const write of failing) await t.rejects(write, { code: 'IEV_BACKPRESSURE' })
  broken.restore()
  t.equal(store.log.retainedBytes(key), before)
  while ((await store.log.prune({ acceptedBefore: 0, maxBytes: 50_000 })).more);
  t.ok(store.log.retainedBytes(key) < before)
  await check(t, opened, 'and the next transaction is right')
})

t.test('without many events, no transaction writes what instances hold', async (t) => {
  const { store, path } = openSqlite(t)
  for (let batch = 0; batch < 10; batch++) await store.log.append(newEvents(100))
  await store.close()
  const db = new DatabaseSync(path)
  t.same(db.prepare('SELECT count(*) AS count FROM shares').get(), { count: 0 })
  db.close()
})
