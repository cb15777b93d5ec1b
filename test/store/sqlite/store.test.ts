import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import t from 'tap'
import { SQLITE_MIGRATIONS } from '../../../lib/store/sqlite/migrations.ts'
import { openStore } from '../../../lib/store/open.ts'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { folder } from '../../support/build.ts'
import { writeLog } from '../../support/damage.ts'
import { forgetsInSteps } from '../../support/forgetting-redrives.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { openSqlite, spyOnExec } from '../../support/sqlite-store.ts'
import { conformance } from '../conformance.ts'

const HOUR_MS = 3_600_000

conformance(t, 'SqliteStore', async (t, limits) => openSqlite(t, limits))

t.test('a hundred appends of one turn are one transaction', async (t) => {
  const { store } = openSqlite(t)
  const commits = spyOnExec(t, 'COMMIT')
  const results = await Promise.all(newEvents(100).map((event) => store.log.append([event])))
  t.equal(results.length, 100)
  t.equal(commits().length, 1)
  await store.log.append(newEvents(1))
  t.equal(commits().length, 1, 'the spy reads anew: this turn has its own')
})

t.test('appends of much data are a transaction each, so that other work is done between them', async (t) => {
  const { store } = openSqlite(t)
  const commits = spyOnExec(t, 'COMMIT')
  const much = () => newEvents(6, { data: JSON.stringify('x'.repeat(250_000)) })
  await Promise.all([newEvents(1), much(), much(), newEvents(1)].map((events) => store.log.append(events)))
  t.equal(commits().length, 2)
})

t.test('an append of much data has its turn while others always have something to write', async (t) => {
  const { store } = openSqlite(t)
  const appending = new AbortController()
  const much = newEvents(6, { data: JSON.stringify('x'.repeat(250_000)) })
  const append = store.log.append(much).finally(() => appending.abort())
  while (!appending.signal.aborted) await store.log.prune({ acceptedBefore: 0, maxBytes: Number.MAX_SAFE_INTEGER })
  t.match(await append, [{ offset: 1 }])
})

t.test('a SQLite store has no state of a node', async (t) => {
  t.equal(openSqlite(t).store.status(), undefined)
})

t.test('acknowledgements wait for the next transaction', async (t) => {
  const { store } = openSqlite(t)
  const [event] = await store.log.append([newEvent({ queues: ['a'] })])
  const commits = spyOnExec(t, 'COMMIT')
  const delivery = { queue: 'a', instanceKey: 1, offset: event!.offset }
  await Promise.all([store.deliveries.acknowledge([delivery]), store.log.append(newEvents(1))])
  t.equal(commits().length, 1)
  t.equal(store.deliveries.pendingCount(), 0)
})

t.test('a file in use is refused, and accepted once it is closed', async (t) => {
  const { path, store } = openSqlite(t)
  await store.log.append(newEvents(1))
  t.throws(() => new SqliteStore({ path }), { code: 'IEV_STORE_LOCKED', message: path })
  await t.resolves(store.log.append(newEvents(1)), 'whoever has it goes on undisturbed')
  await store.close()
  const next = new SqliteStore({ path })
  t.after(() => next.close())
  t.equal((await next.log.read({ after: 0, limit: 10 })).length, 2)
})

t.test('a schema newer than this release is refused and left alone', async (t) => {
  const { path, store } = openSqlite(t)
  await store.log.append(newEvents(1))
  await store.close()
  const newer = SQLITE_MIGRATIONS.length + 1
  const setVersion = (version: number) => {
    const db = new DatabaseSync(path)
    db.exec(`PRAGMA user_version = ${version}`)
    db.close()
  }
  setVersion(newer)
  const versions = new RegExp(`version ${newer}, .* up to ${SQLITE_MIGRATIONS.length}:`)
  await t.rejects(openStore({ url: `file:${path}` }), { code: 'IEV_STORE_NEWER_SCHEMA', message: versions })
  setVersion(SQLITE_MIGRATIONS.length)
  const again = await openStore({ url: `file:${path}` })
  t.after(() => again.close())
  t.equal((await again.log.read({ after: 0, limit: 10 })).length, 1)
})

t.test('a database of the first schema is migrated, and knows how far it was pruned', async (t) => {
  const [first = ''] = SQLITE_MIGRATIONS
  const prunedTo = async (prepare: string) => {
    const path = join(folder(t), 'events.db')
    const db = new DatabaseSync(path)
    db.exec(`${first}; PRAGMA user_version = 1; ${prepare}`)
    db.close()
    const store = await openStore({ url: `file:${path}` })
    const range = await store.log.range()
    await store.close()
    return range.prunedTo
  }
  const insert = `INSERT INTO events (instance_key, id, instance, event, flags, accepted_at, envelope, extra, data)
    VALUES (1, hex(randomblob(8)), 'sales', 'call', 0, 0, '', '', '1');`
  t.equal(await prunedTo(''), 0)
  t.equal(await prunedTo(insert.repeat(3)), 0)
  t.equal(await prunedTo(`${insert.repeat(3)} DELETE FROM events WHERE "offset" < 3`), 2)
  t.equal(await prunedTo(`${insert.repeat(3)} DELETE FROM events`), 3)
})

t.test('the last 1,000 epochs are known', async (t) => {
  const { path, store, reopen } = openSqlite(t)
  await store.log.append(newEvents(1))
  const { id: first } = await store.log.range()
  await store.close()
  const db = new DatabaseSync(path)
  db.exec(`
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 998)
    INSERT INTO epochs (id, first_offset) SELECT i, 2 FROM n`)
  db.close()
  t.match(await (await reopen()).log.commonWith(first), { upTo: 1 })
  t.match(await (await reopen()).log.commonWith(first), { upTo: 0, isKnown: false })
})

t.test('events of one instance are found in order, however far apart they are in the log', async (t) => {
  const { store } = openSqlite(t)
  t.same(await store.log.read({ instanceKey: 1, after: 0, limit: 10 }), [], 'an empty log')
  const expected: number[] = []
  for (let round = 0; round < 4; round++) {
    const rare = newEvents(3, { instance: 'rare' })
    expected.push(...(await store.log.append(rare)).map(({ offset }) => offset))
    await store.log.append(newEvents(3_000, { instance: 'busy' }))
  }
  const { key: instanceKey } = store.instances.require('rare')
  const read = async (options: { after: number; limit: number; upTo?: number }) =>
    (await store.log.read({ instanceKey, ...options })).map(({ offset }) => offset)
  t.same(await read({ after: 0, limit: 100 }), expected)
  t.same(await read({ after: 0, limit: 7 }), expected.slice(0, 7), 'a page that ends in a later part')
  t.same(await read({ after: expected[4]!, limit: 100 }), expected.slice(5))
  t.same(await read({ after: 0, limit: 100, upTo: expected[9]! }), expected.slice(0, 10))
  t.same(await read({ after: 1_000_000, limit: 100 }), [])
})

t.test('the files of the database do not contain a token', async (t) => {
  const { path, store } = openSqlite(t)
  const tokens = ['first-token-4f1c', 'second-token-9b2e']
  await store.instances.create({ name: 'an-instance-name', token: tokens[0]! })
  await store.instances.setToken('an-instance-name', tokens[1]!)
  const files = () =>
    readdirSync(join(path, '..')).map((name) => readFileSync(join(path, '..', name)).toString('latin1'))
  const check = (when: string) => {
    const text = files().join('')
    t.ok(text.includes('an-instance-name'), `${when}: the files are the right ones`)
    for (const token of tokens) t.notOk(text.includes(token), when)
  }
  check('open')
  await store.close()
  check('closed')
})

t.test('the folder is made for its owner alone', { skip: process.platform === 'win32' }, async (t) => {
  const { path } = openSqlite(t)
  t.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
})

t.test('a URL names the file, or is refused', async (t) => {
  const path = join(folder(t), 'events.db')
  for (const url of [`file:${path}`, `file://${path}`, ':memory:']) {
    const store = await openStore({ url, maxPendingDeliveries: 1 })
    await t.rejects(store.log.append(newEvents(2, { queues: ['a'] })), { code: 'IEV_BACKPRESSURE' }, url)
    await store.close()
  }
  t.ok(statSync(path).isFile())
  for (const url of ['', 'file:', 'mysql://localhost/events', path]) {
    await t.rejects(openStore({ url }), { code: 'IEV_STORE_UNSUPPORTED' }, url)
  }
  await t.rejects(openStore({ url: 'mysql://me:secret@localhost/events' }), {
    message: '"mysql://***@localhost/events"'
  })
})

t.test('events accepted before the clock was set back stay longer, and hide no old ones', async (t) => {
  const path = await writeLog(t, newEvents(1_200))
  const db = new DatabaseSync(path)
  db.prepare('UPDATE events SET accepted_at = iif("offset" <= 600, ?, ?)').run(
    Date.now() + HOUR_MS,
    Date.now() - HOUR_MS
  )
  db.close()
  const store = new SqliteStore({ path })
  t.after(() => store.close())
  const old = { acceptedBefore: Date.now() - HOUR_MS / 2, maxBytes: Number.MAX_SAFE_INTEGER }
  while ((await store.log.prune(old)).more);
  const left = await store.log.read({ after: 0, limit: 2_000 })
  t.same([left.length, left[0]?.offset, left.at(-1)?.offset], [600, 1, 600])
  t.match(await store.log.range(), { first: 1, head: 1_200, prunedTo: 1_200 })
})

t.test('what was redriven is known for a day after it was sent, and for as long as it is pending', async (t) => {
  const { store } = openSqlite(t)
  const all = { after: 0, limit: 10 }
  for (const [event] of await Promise.all(
    ['a', 'b', 'c'].map((queue) => store.log.append([newEvent({ queues: [queue] })]))
  )) {
    const queue = ['a', 'b', 'c'][event!.offset - 1] as string
    const delivery = { queue, instanceKey: 1, offset: event!.offset }
    await store.deliveries.bury(delivery, { reason: 'x', message: 'x', attempts: 1 })
  }
  await store.deadLetters.redrive({ ...all, ids: [1, 2] })
  await store.deliveries.acknowledge([{ queue: 'a', instanceKey: 1, offset: 1 }])
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() + 25 * HOUR_MS, configurable: true })
  t.match(await store.deadLetters.outcomes([1, 2]), [{ outcome: 'sent' }, { outcome: 'pending' }])
  await store.deadLetters.redrive({ ...all, ids: [3] })
  t.match(await store.deadLetters.outcomes([1, 2, 3]), [
    { outcome: 'unknown' },
    { outcome: 'pending' },
    { outcome: 'pending' }
  ])
})

t.test('a redrive forgets a limited number of earlier ones, also behind those that are still pending', async (t) => {
  const { path, store, reopen } = openSqlite(t)
  await store.log.append([newEvent({ queues: ['a', 'b', 'c'] })])
  const bury = (queue: string) =>
    store.deliveries.bury({ queue, instanceKey: 1, offset: 1 }, { reason: 'x', message: 'x', attempts: 1 })
  for (const queue of ['a', 'b', 'c']) await bury(queue)
  await store.deadLetters.redrive({ after: 0, limit: 10, queue: 'a' })
  await store.close()
  const db = new DatabaseSync(path)
  db.exec(`UPDATE redriven SET redriven_at = 1;
    WITH RECURSIVE n(id) AS (SELECT 100 UNION ALL SELECT id + 1 FROM n WHERE id < 1599)
    INSERT INTO redriven SELECT id, 1, 1, 99, 1, 1, id FROM n`)
  const plan = db.prepare(
    'EXPLAIN QUERY PLAN SELECT * FROM redriven WHERE redriven_at < 1 ORDER BY redriven_at LIMIT 1'
  )
  t.match(plan.all(), [{ detail: /USING INDEX redriven_by_time/ }])
  db.close()
  const { deadLetters } = await reopen()
  await forgetsInSteps(t, deadLetters)
})

t.test('a redrive and a discard look for rare dead letters in several turns of the event loop', async (t) => {
  const { path, store, reopen } = openSqlite(t)
  await store.log.append([newEvent({ queues: ['a', 'b', 'c'] })])
  for (const queue of ['a', 'b', 'c'])
    await store.deliveries.bury({ queue, instanceKey: 1, offset: 1 }, { reason: 'x', message: 'x', attempts: 1 })
  await store.close()
  const db = new DatabaseSync(path)
  // Ids without dead letters are looked at as others are.
  db.exec('UPDATE dead_letters SET id = id * 10000')
  db.close()
  const { deadLetters } = await reopen()
  const slices = t.capture(StatementSync.prototype, 'all', StatementSync.prototype.all)
  const turns = (letters: readonly { id: number }[]) => [letters.map(({ id }) => id), slices().length > 10]
  t.same(turns(await deadLetters.redrive({ after: 0, limit: 1, queue: 'b' })), [[20_000], true])
  t.same(turns(await deadLetters.discard({ after: 0, limit: 10, queue: 'c' })), [[30_000], true])
})

t.test('dead letters that two requests want at once are taken once, and all of them', async (t) => {
  const { store } = openSqlite(t)
  const queues = Array.from({ length: 60 }, (_, n) => `queue-${n}`)
  await store.log.append([newEvent({ queues })])
  for (const queue of queues)
    await store.deliveries.bury({ queue, instanceKey: 1, offset: 1 }, { reason: 'x', message: 'x', attempts: 1 })
  const page = { after: 0, limit: 30 }
  const taken = await Promise.all([store.deadLetters.discard(page), store.deadLetters.redrive(page)])
  t.same(
    taken.map(({ length }) => length),
    [30, 30]
  )
  t.equal(new Set(taken.flat().map(({ id }) => id)).size, 60)
  t.match(await store.deadLetters.count(), { count: 0 })
})

t.test('a log that is too large, of which nothing can go, ends its rounds of retention', async (t) => {
  const { store } = openSqlite(t)
  await store.log.append(newEvents(3).map((event) => ({ ...event, queues: ['a'] })))
  for (let step = 0; step < 20; step++) await store.log.prune({ acceptedBefore: 0, maxBytes: 0 })
  t.equal((await store.log.read({ after: 0, limit: 10 })).length, 3)
  const { store: empty } = openSqlite(t)
  for (let step = 0; step < 3; step++)
    t.match(await empty.log.prune({ acceptedBefore: 0, maxBytes: 0 }), { removed: 0 })
})
