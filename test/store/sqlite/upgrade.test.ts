import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { SQLITE_MIGRATIONS } from '../../../lib/store/sqlite/migrations.ts'
import { SEGMENT_OFFSETS } from '../../../lib/store/sqlite/segment.ts'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import eventLog from '../../../plugins/event-log.ts'
import { bare, folder } from '../../support/build.ts'
import { leavesOf, overwrite } from '../../support/damage.ts'
import { newEvent } from '../../support/new-event.ts'
import { pendingLanes } from '../../support/pending-lanes.ts'

const CALLER_ID = 4
const ALL = { after: 0, limit: 100_000 }
const LANE = { ...ALL, maxBytes: Infinity }

/** A file of the fifth schema: offsets 4,001 to 4,300 of two instances, with 202 pending deliveries and 6 dead letters. */
function oldFile(t: Test): string {
  const path = join(folder(t), 'events.db')
  writeFileSync(path, gunzipSync(readFileSync(new URL('fifth-schema.db.gz', import.meta.url))))
  return path
}

/** What the file has in its own tables. */
function oldContents(path: string) {
  const db = new DatabaseSync(path)
  const all = (sql: string) =>
    db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))
  const contents = {
    events: all('SELECT "offset", id, data FROM events ORDER BY "offset"'),
    pending: all(`SELECT q.name AS queue, d.instance_key AS instanceKey, d."offset" AS "offset"
      FROM deliveries d JOIN queues q ON q.key = d.queue_key ORDER BY q.name, d.instance_key, d."offset"`),
    letters: all('SELECT id, "offset", reason FROM dead_letters ORDER BY id')
  }
  db.close()
  return contents
}

async function contents(store: SqliteStore) {
  const pending = []
  for (const lane of await pendingLanes(store)) {
    for (const { offset } of await store.deliveries.readLane(lane, LANE)) pending.push({ ...lane, offset })
  }
  return {
    events: (await store.log.read(ALL)).map(({ offset, id, data }) => ({ offset, id, data })),
    pending,
    letters: (await store.deadLetters.read(ALL)).map(({ id, offset, reason }) => ({ id, offset, reason }))
  }
}

t.test('a file of the release before has all that it had: events, ids, pending deliveries, dead letters', async (t) => {
  const path = oldFile(t)
  const before = oldContents(path)
  const progress: unknown[] = []
  let store = new SqliteStore({ path, onUpgrade: (step) => progress.push(step) })
  t.after(() => store.close())
  t.same([before.events.length, before.pending.length, before.letters.length], [300, 202, 6])
  for (const when of ['at the first start', 'at the second']) {
    t.strictSame(await contents(store), before, when)
    t.match(await store.log.commonWith('fifth-schema-log'), { upTo: 4_300 })
    t.match(await store.log.range(), { first: 4_001, head: 4_300, prunedTo: 4_000 })
    t.equal(store.instances.findByToken('token of sales')?.key, 1)
    for (const place of [0, 1, 95, 150, 299]) {
      const { id, offset } = before.events[place] as { id: string; offset: number }
      const again = newEvent({ id, instance: place % 2 ? 'support' : 'sales', flags: CALLER_ID })
      t.match(await store.log.append([again]), [{ id, offset, duplicate: true }], 'an id that it had')
    }
    const support = await store.log.read({ ...ALL, instanceKey: 2 })
    t.equal(support.length, 150)
    await store.close()
    store = new SqliteStore({ path })
  }
  t.same(progress, [], 'a small file takes no time')

  await store.deliveries.acknowledge(before.pending as never)
  await store.deadLetters.redrive(ALL)
  t.equal(store.deliveries.pendingCount(), 6)
  t.match(await store.log.append([newEvent()]), [{ offset: 4_301 }])
})

t.test('a damaged file of the release before is refused with the remedy, whatever is damaged', async (t) => {
  for (const name of ['events', 'deliveries', 'events_by_id']) {
    const path = oldFile(t)
    overwrite(path, leavesOf(path, name), Buffer.alloc(4_096, 0xff))
    const refused = { code: 'IEV_STORE_UNUSABLE', message: /malformed: restore a backup, or recover the readable part/ }
    for (let start = 0; start < 2; start++) t.throws(() => new SqliteStore({ path }), refused, name)
  }
})

t.test('bringing a large file over tells its progress, and goes on where it was interrupted', async (t) => {
  const path = join(folder(t), 'events.db')
  const db = new DatabaseSync(path)
  db.exec(`${SQLITE_MIGRATIONS.slice(0, 5).join(';')}; PRAGMA user_version = 5;
    INSERT INTO instances (id, name, created_at, updated_at) VALUES ('x', 'sales', 0, 0);
    INSERT INTO queues (name) VALUES ('a');
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
    INSERT INTO events (instance_key, id, instance, event, flags, accepted_at, envelope, extra, data)
      SELECT 1, 'id ' || i, 'sales', 'call', 4, 0, '"sender":null', '', '1' FROM n;
    INSERT INTO deliveries SELECT 1, 1, "offset" FROM events WHERE "offset" % 1000 = 0;`)
  db.close()
  const steps: number[] = []
  const interrupted = () =>
    new SqliteStore({
      path,
      onUpgrade({ done }) {
        steps.push(done)
        throw new Error('killed')
      }
    })
  t.throws(interrupted, { message: /killed/ })
  t.throws(interrupted, { message: /killed/ })
  const lines: { msg: string; done: number; of: number }[] = []
  const server = bare(t, { logger: { stream: { write: (line) => void lines.push(JSON.parse(line)) } } })
  await server.register(eventLog, { url: `file:${path}` })
  const { store } = server.eventLog
  const told = lines.filter(({ msg }) => msg === 'The database file of an older release is being upgraded')
  t.same(
    [...steps, ...told.map(({ done }) => done)],
    [...[16, 32, 37].map((segments) => segments * SEGMENT_OFFSETS), 65_536, 131_072, 150_000],
    'nothing is done twice'
  )
  t.match(told, [{ of: 37 * SEGMENT_OFFSETS }, { of: 150_000 }, { of: 150_000 }, { of: 150_000 }])
  t.equal(store.deliveries.pendingCount(), 150)
  t.match(await store.log.append([newEvent({ id: 'id 70000' }), newEvent({ id: 'id 150000' })]), [
    { offset: 70_000, duplicate: true },
    { offset: 150_000, duplicate: true }
  ])
  const read = await store.log.read({ after: 65_000, limit: 1_000, instanceKey: 1 })
  t.same([read.length, read.at(-1)?.offset], [1_000, 66_000])
  const page = await store.deliveries.readLane({ queue: 'a', instanceKey: 1 }, { ...LANE, after: 149_000 })
  t.same(
    page.map(({ offset }) => offset),
    [150_000]
  )
})
