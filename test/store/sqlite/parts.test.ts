import { copyFileSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { CALLER_ID } from '../../../lib/events/event.ts'
import { generateId } from '../../../lib/events/event-id.ts'
import { SqliteExport } from '../../../lib/store/sqlite/export.ts'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { tryDatabase } from '../../../lib/store/try-database.ts'
import { folder } from '../../support/build.ts'
import { writeLog } from '../../support/damage.ts'
import { failCommits, failNextCommits } from '../../support/failing-sqlite.ts'
import { newEvent } from '../../support/new-event.ts'
import { openSqlite, spyOnExec } from '../../support/sqlite-store.ts'
import { until } from '../../support/until.ts'

const ALL = { after: 0, limit: 100 }
const OLD = { acceptedBefore: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER }
const KEPT = { acceptedBefore: 0, maxBytes: Number.MAX_SAFE_INTEGER }

/** An event whose data has so many parts. */
const large = (parts: number, members = {}) =>
  newEvent({ data: JSON.stringify('x'.repeat(parts * 262_144 - 1_000)), ...members })

/** The numbers of parts in a file that no store has open, and those to which no event refers. */
function partsIn(path: string) {
  const db = new DatabaseSync(path)
  const [row] = db
    .prepare('SELECT (SELECT count(*) FROM parts) AS parts, (SELECT count(*) FROM loose_parts) AS loose')
    .all()
  db.close()
  return { ...row }
}

/** Runs statements in a file that no store has open. */
function change(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

t.test('large data is written in small transactions, and what others add meanwhile is before it', async (t) => {
  const { path, store } = openSqlite(t)
  const commits = spyOnExec(t, 'COMMIT')
  const done: string[] = []
  const add = (event: ReturnType<typeof newEvent>) =>
    store.log.append([event]).then(() => void done.push(event.instance))
  await Promise.all([
    add(large(12, { instance: 'much', id: generateId() })),
    add(large(2, { instance: 'more' })),
    store.check(),
    store.log.prune(KEPT),
    add(newEvent({ instance: 'little' }))
  ])
  t.strictSame(done, ['little', 'more', 'much'])
  const { length } = commits()
  t.ok(length >= 6 && length <= 15, `${length} transactions`)
  await store.close()
  t.strictSame(partsIn(path), { parts: 14, loose: 0 })
})

t.test('parts of an event that was not accepted before a crash are removed by the next start', async (t) => {
  const path = join(folder(t), 'events.db')
  const copy = join(folder(t), 'events.db')
  const held: (() => void)[] = []
  const syncFile = () => new Promise<void>((resolve) => held.push(resolve))
  const store = new SqliteStore({ path, syncFile })
  const append = store.log.append([large(10)])
  await until(() => held.length === 1)
  held.shift()?.()
  await until(() => held.length === 1)
  copyFileSync(path, copy)
  copyFileSync(`${path}-wal`, `${copy}-wal`)
  const release = setInterval(() => held.shift()?.())
  await append
  clearInterval(release)
  const closed = store.close()
  for (const answer of held) answer()
  await closed

  change(copy, 'SELECT 1')
  t.strictSame(partsIn(copy), { parts: 4, loose: 1 }, 'they are there')
  const next = new SqliteStore({ path: copy })
  t.strictSame(await next.log.read(ALL), [])
  const again = large(2)
  await next.log.append([again])
  await next.close()
  t.strictSame(partsIn(copy), { parts: 2, loose: 0 })
  const last = new SqliteStore({ path: copy })
  t.match(await last.log.read(ALL), [{ offset: 1, data: again.data }])
  await last.close()
})

t.test('an event is stored whole if a part cannot be written, and refused if its row cannot be either', async (t) => {
  const { path, store } = openSqlite(t)
  const event = large(4)
  const failing = failCommits(t)
  await t.rejects(store.log.append([event]), { code: 'IEV_BACKPRESSURE' })
  failing.restore()
  // The transaction of the first parts, then that of the first one alone.
  failNextCommits(t, 2)
  t.match(await store.log.append([event]), [{ offset: 1, duplicate: false }])
  t.match(await store.log.read(ALL), [{ offset: 1, data: event.data, flags: 0 }])
  while ((await store.log.prune(KEPT)).more);
  await store.close()
  t.strictSame(partsIn(path), { parts: 0, loose: 0 })
})

t.test('a repeated event writes no parts', async (t) => {
  const { path, store } = openSqlite(t)
  const event = large(4, { id: 'mine', flags: CALLER_ID })
  await store.log.append([event])
  t.match(await store.log.append([event]), [{ offset: 1, duplicate: true }])
  t.match(await store.log.append([event, { ...event, instance: 'other' }]), [{ offset: 1 }, { offset: 2 }])
  await store.close()
  t.strictSame(partsIn(path), { parts: 8, loose: 0 })
})

t.test('parts of removed events go in small steps, those that are being written stay', async (t) => {
  const { path, store } = openSqlite(t)
  await store.log.append([large(10), large(2)])
  t.match(await store.log.prune(OLD), { removed: 2, more: false })
  let steps = 0
  for (let more = true; more; steps++) more = (await store.log.prune(OLD)).more
  t.ok(steps >= 5, `${steps} steps`)
  const added = large(12)
  const adding = new AbortController()
  const append = store.log.append([added]).finally(() => adding.abort())
  while (!adding.signal.aborted) await store.log.prune(KEPT)
  await append
  t.match(await store.log.read(ALL), [{ offset: 3, data: added.data }])
  await store.close()
  t.strictSame(partsIn(path), { parts: 12, loose: 0 })
})

t.test('nothing of an erased large event is left in the files once they are closed', async (t) => {
  const { path, store } = openSqlite(t)
  const secret = '5511987654321@s.whatsapp.net'
  const data = JSON.stringify(Array.from({ length: 30_000 }, () => secret))
  await store.log.append([newEvent({ data }), large(3)])
  const [first] = await store.log.read(ALL)
  t.ok(first?.data.includes(secret))
  const before = store.log.retainedBytes(1)
  await store.log.erase([first!])
  t.equal(before - store.log.retainedBytes(1), data.length - 'null'.length)
  await store.close()
  t.notOk(readFileSync(path).includes(secret))
  t.strictSame(partsIn(path), { parts: 3, loose: 0 })
})

t.test('a large event without all of its parts is left out as damaged', async (t) => {
  for (const damage of ['DELETE FROM parts WHERE number = 65537', `UPDATE events SET data = 'x' WHERE "offset" = 2`]) {
    const path = await writeLog(t, [newEvent(), large(3), newEvent()])
    change(path, damage)
    t.match(await tryDatabase(`file:${path}`, '.'), { ok: false, message: /offset 2 is not JSON/ })
    const source = new SqliteExport(path)
    t.throws(() => source.events(0, { limit: 10, maxBytes: 1_000_000 }), {
      code: 'IEV_STORE_UNUSABLE',
      message: /missing/
    })
    source.close()
    const told: { offset?: number }[] = []
    const store = new SqliteStore({ path, onDamage: (found) => void told.push(found) })
    t.strictSame(
      (await store.log.read(ALL)).map(({ offset }) => offset),
      [1, 3]
    )
    t.ok(told.some(({ offset }) => offset === 2))
    t.match(await store.log.prune(OLD), { removed: 3, more: false })
    await store.close()
  }
})

t.test('a large event with a damaged part is found', async (t) => {
  const path = await writeLog(t, [newEvent(), large(3)])
  change(path, `UPDATE parts SET data = '"' || substr(data, 2) WHERE number = 65537`)
  t.match(await tryDatabase(`file:${path}`, '.'), { ok: false, message: /offset 2 is not JSON/ })
  const sound = await writeLog(t, [newEvent(), large(3)])
  t.match(await tryDatabase(`file:${sound}`, dirname(sound)), { ok: true })
})
