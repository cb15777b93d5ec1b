import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { followLog } from '../../support/follow-log.ts'
import t, { type Test } from 'tap'
import { SQLITE_MIGRATIONS } from '../../../lib/store/sqlite/migrations.ts'
import { openStore } from '../../../lib/store/open.ts'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { folder } from '../../support/build.ts'
import { writeLog } from '../../support/damage.ts'
import { failCommits, fillDisk } from '../../support/failing-sqlite.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { pendingLanes } from '../../support/pending-lanes.ts'
import { RecordingSubscriber } from '../../support/recorders.ts'
import { conformance, type Limits } from '../conformance.ts'

const HOUR_MS = 3_600_000

/** A store on a file that is gone after the test. */
function open(t: Test, limits: Limits = {}) {
  const path = join(folder(t), 'data', 'events.db')
  let store = new SqliteStore({ path, ...limits })
  t.after(() => store.close())
  const reopen = async () => {
    await store.close()
    store = new SqliteStore({ path, ...limits })
    return store
  }
  return { path, store, reopen }
}

/** The statements of a kind that the store's own connection ran; the connection itself comes with each. */
function spyOnExec(t: Test, statement: string) {
  const capture = t.capture(DatabaseSync.prototype, 'exec', DatabaseSync.prototype.exec)
  return () =>
    capture().filter(({ args }) => args[0] === statement) as unknown as { receiver: DatabaseSync; args: [string] }[]
}

conformance(t, 'SqliteStore', async (t, limits) => open(t, limits))

t.test('a hundred appends of one turn are one transaction', async (t) => {
  const { store } = open(t)
  const commits = spyOnExec(t, 'COMMIT')
  const results = await Promise.all(newEvents(100).map((event) => store.log.append([event])))
  t.equal(results.length, 100)
  t.equal(commits().length, 1)
  await store.log.append(newEvents(1))
  t.equal(commits().length, 1, 'the spy reads anew: this turn has its own')
})

t.test('large appends of one turn are a transaction each, so that other work is done between them', async (t) => {
  const { store } = open(t)
  const commits = spyOnExec(t, 'COMMIT')
  const large = () => newEvent({ data: JSON.stringify('x'.repeat(3 * 1_048_576)) })
  await Promise.all([newEvent(), large(), large(), newEvent()].map((event) => store.log.append([event])))
  t.equal(commits().length, 2)
})

t.test('a SQLite store has no state of a node', async (t) => {
  t.equal(open(t).store.status(), undefined)
})

t.test('acknowledgements wait for the next transaction', async (t) => {
  const { store } = open(t)
  const [event] = await store.log.append([newEvent({ queues: ['a'] })])
  const commits = spyOnExec(t, 'COMMIT')
  const delivery = { queue: 'a', instanceKey: 1, offset: event!.offset }
  await Promise.all([store.deliveries.acknowledge([delivery]), store.log.append(newEvents(1))])
  t.equal(commits().length, 1)
  t.equal(store.deliveries.pendingCount(), 0)
})

t.test('a file in use is refused, and accepted once it is closed', async (t) => {
  const { path, store } = open(t)
  await store.log.append(newEvents(1))
  t.throws(() => new SqliteStore({ path }), { code: 'IEV_STORE_LOCKED', message: path })
  await t.resolves(store.log.append(newEvents(1)), 'whoever has it goes on undisturbed')
  await store.close()
  const next = new SqliteStore({ path })
  t.after(() => next.close())
  t.equal((await next.log.read({ after: 0, limit: 10 })).length, 2)
})

t.test('a schema newer than this release is refused and left alone', async (t) => {
  const { path, store } = open(t)
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
  const { path, store, reopen } = open(t)
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
  const { store } = open(t)
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
  const { path, store } = open(t)
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
  const { path } = open(t)
  t.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
})

t.test('a full disk refuses appends that do not fit, whole, keeps others, and can be recovered from', async (t) => {
  const { store, reopen } = open(t)
  const begins = spyOnExec(t, 'BEGIN IMMEDIATE')
  await store.log.append([newEvent({ id: 'before', queues: ['a'] })])
  const [begun] = begins()
  const db = begun!.receiver
  const told: string[] = []
  followLog(store, (events) => told.push(...events.map(({ id }) => id)))
  const { max } = db.prepare('SELECT max_page_count AS max FROM pragma_max_page_count').get() as { max: number }

  // SQLite itself says that the disk is full: the file may not grow.
  db.exec('PRAGMA max_page_count = 1')
  const results = await Promise.allSettled([
    store.log.append([newEvent({ id: 'small', instance: 'new', queues: ['new'] })]),
    store.log.append([newEvent({ id: 'large', data: `"${'x'.repeat(1_000_000)}"` })]),
    store.instances.create({ name: 'other', token: 'secret-1' }),
    store.deliveries.acknowledge([{ queue: 'a', instanceKey: 1, offset: 1 }])
  ])
  const refusal = { code: 'IEV_BACKPRESSURE', message: /disk is full/, cause: { code: 'ERR_SQLITE_ERROR' } }
  const kept = { status: 'fulfilled' }
  t.match(results, [kept, { status: 'rejected', reason: refusal }, kept, kept])
  t.strictSame(told, ['small'])
  t.equal(store.deliveries.pendingCount(), 1)
  t.strictSame(
    store.instances
      .list()
      .toArray()
      .map(({ name }) => name),
    ['sales', 'new', 'other']
  )
  t.strictSame(
    (await store.log.read({ after: 0, limit: 10 })).map(({ id }) => id),
    ['before', 'small']
  )

  db.exec(`PRAGMA max_page_count = ${max}`)
  await store.log.append([newEvent({ id: 'large', data: `"${'x'.repeat(1_000_000)}"` })])
  t.strictSame(told, ['small', 'large'])
  const { key } = store.instances.require('new')
  const state = async (from: SqliteStore) => [
    from.deliveries.pendingCount(),
    (await from.log.read({ after: 0, limit: 10 })).map(({ id }) => id),
    (await from.deliveries.readLane({ queue: 'new', instanceKey: key }, { after: 0, limit: 9, maxBytes: 9 })).map(
      ({ id }) => id
    ),
    from.instances
      .list()
      .toArray()
      .map(({ key, name }) => [key, name]),
    from.instances.findByToken('secret-1')?.name
  ]
  const after = await state(store)
  t.match(after, [1, ['before', 'small', 'large'], ['small']])
  t.strictSame(await state(await reopen()), after)
})

t.test('a deleted write-ahead log is a fault, and stopping keeps what was answered', async (t) => {
  const { path, store, reopen } = open(t)
  await store.log.append([newEvent()])
  rmSync(`${path}-wal`)
  const refused = { code: 'IEV_BACKPRESSURE', message: /events\.db-wal was deleted or replaced: restart the server/ }
  await t.rejects(store.log.append([newEvent()]), refused)
  const next = await reopen()
  t.match(await next.log.append([newEvent()]), [{ offset: 2 }])
})

t.test('a deleted or replaced file is a fault', async (t) => {
  const { path, store } = open(t)
  await store.log.append([newEvent()])
  await store.check()
  rmSync(path)
  await t.rejects(store.check(), { code: 'IEV_BACKPRESSURE', message: /was deleted or replaced/ })
  await t.rejects(
    store.log.append([newEvent()]),
    { code: 'IEV_BACKPRESSURE' },
    'nothing is accepted that nobody would find'
  )
  writeFileSync(path, '')
  await t.rejects(store.log.append([newEvent()]), { code: 'IEV_BACKPRESSURE' }, 'another file of that name is not it')
})

t.test('a file that another program shortens or overwrites is a fault for good', async (t) => {
  const cut = (path: string) => truncateSync(path, statSync(path).size - 1)
  const overwrite = (path: string) => {
    writeFileSync(path, 'x'.repeat(statSync(path).size))
    // The clock of files may be coarser than this test.
    utimesSync(path, new Date(0), new Date(0))
  }
  const changes: [suffix: string, change: (path: string) => void, reason: string][] = [
    ['-wal', truncateSync, 'shortened'],
    ['-wal', cut, 'shortened'],
    ['-wal', overwrite, 'overwritten'],
    ['', truncateSync, 'shortened'],
    ['', cut, 'shortened'],
    ['', overwrite, 'overwritten']
  ]
  const refusals = changes.map(async ([suffix, change, reason]) => {
    const { path, store } = open(t)
    await store.log.append([newEvent()])
    const file = `${path}${suffix}`
    change(file)
    const [append, check] = await Promise.allSettled([store.log.append([newEvent()]), store.check()])
    writeFileSync(file, 'y'.repeat(1_000_000))
    const [later] = await Promise.allSettled([store.log.append([newEvent()])])
    const message = `Not accepted, try again later: ${file} was ${reason} by another program: restart the server`
    const refused = { status: 'rejected', reason: { code: 'IEV_BACKPRESSURE', message } }
    return { found: [append, check, later], expected: [refused, refused, refused] }
  })
  const all = await Promise.all(refusals)
  t.match(
    all.map(({ found }) => found),
    all.map(({ expected }) => expected)
  )
})

t.test('after its write-ahead log was cut, a start finds what the database has', async (t) => {
  const { path, store, reopen } = open(t)
  await store.log.append([newEvent()])
  const { id: before } = await store.log.range()
  await reopen().then(({ log }) => log.append([newEvent()]))
  truncateSync(`${path}-wal`)
  const next = await reopen()
  t.match(await next.log.range(), { head: 1 })
  t.match(await next.log.commonWith(before), { upTo: 1, isKnown: true })
  t.match(await next.log.append([newEvent()]), [{ offset: 2 }])
})

t.test('a path that is no database is named in the refusal', async (t) => {
  const cwd = folder(t)
  const garbage = join(cwd, 'garbage.db')
  writeFileSync(garbage, 'not a database, and long enough to be looked at '.repeat(20))
  const log = join(cwd, 'log.db-wal')
  mkdirSync(log)
  const remedy = 'move it away, or choose another path'
  const faults: [path: string, reason: string][] = [
    [garbage, 'file is not a database: restore a backup, or recover the readable part with .recover of sqlite3'],
    [join(garbage, 'below.db'), `${garbage} is not a folder: ${remedy}`],
    [cwd, `${cwd} is a folder: ${remedy}`],
    [join(cwd, 'log.db'), `${log} is a folder: ${remedy}`]
  ]
  const thrown = faults.map(([path]) => t.throws(() => new SqliteStore({ path }), { code: 'IEV_STORE_UNUSABLE' }))
  t.same(
    thrown.map((error) => (error as Error).message),
    faults.map(([path, reason]) => `The database ${path} cannot be used: ${reason}`)
  )
})

t.test('a file that may not be written is refused with the cause and the remedy', async (t) => {
  const path = await writeLog(t, newEvents(1))
  // The superuser may write whatever is not immutable.
  const [command, protect, release] = process.getuid?.() === 0 ? ['chattr', '+i', '-i'] : ['chmod', '400', '600']
  const { status } = spawnSync(command, [protect, path])
  if (status !== 0) return t.comment(`${command} ${protect} has no effect here`)
  t.throws(() => new SqliteStore({ path }), {
    code: 'IEV_STORE_UNUSABLE',
    message:
      /(events\.db is protected against changes \(EPERM\)|may not read and write .*events\.db).*, or choose another path$/
  })
  spawnSync(command, [release, path])
})

t.test('a failed commit is rolled back, and the next one works', async (t) => {
  const { store, reopen } = open(t)
  const broken = failCommits(t)
  const event = newEvent({ queues: ['a'] })
  await t.rejects(store.log.append([event]), { code: 'IEV_BACKPRESSURE', message: /disk I\/O error/ })
  broken.restore()
  t.equal(store.deliveries.pendingCount(), 0)
  t.equal(store.instances.size, 0)
  t.match(await store.log.append([event]), [{ duplicate: false }])
  const reopened = await reopen()
  t.equal((await reopened.log.read({ after: 0, limit: 10 })).length, 1)
  t.equal(reopened.deliveries.pendingCount(), 1)
})

t.test('a file whose epoch cannot be written for another reason than a full disk is refused', async (t) => {
  const path = await writeLog(t, newEvents(1))
  failCommits(t)
  t.throws(() => new SqliteStore({ path }), { code: 'IEV_STORE_UNUSABLE', message: /disk I\/O error/ })
})

t.test(
  'on a full disk a log is opened as it was left; its epoch begins with the first commit that is kept',
  async (t) => {
    const { store, reopen } = open(t)
    await store.log.append(newEvents(3, { queues: ['a'] }))
    const { id: first } = await store.log.range()
    const disk = fillDisk(t)
    const reopened = await reopen()
    const followers = [new RecordingSubscriber(), new RecordingSubscriber()]
    const [, unfollow] = followers.map((follower) => reopened.log.tail(follower))
    t.match(await reopened.log.range(), { id: first, head: 3 })
    t.strictSame(await reopened.log.commonWith(first), { id: first, upTo: 3, isKnown: true })
    t.equal((await reopened.log.read({ after: 0, limit: 10 })).length, 3)
    t.equal((await pendingLanes(reopened)).length, 1)
    const full = { code: 'IEV_BACKPRESSURE', message: /disk is full/ }
    await t.rejects(reopened.check(), full)
    await t.rejects(reopened.log.append(newEvents(1)), full)
    disk.restore()
    unfollow?.()
    const appended = reopened.log.append(newEvents(1))
    t.match(await reopened.log.range(), { id: first, head: 3 })
    t.match(await appended, [{ offset: 4 }])
    const { id } = await reopened.log.range()
    t.not(id, first)
    t.strictSame(await reopened.log.commonWith(first), { id, upTo: 3, isKnown: true })
    await reopened.log.append(newEvents(1))
    const entered = followers.map(({ epochs }) => epochs)
    t.strictSame(entered, [
      [
        { id: first, upTo: 3 },
        { id, upTo: 3 }
      ],
      [{ id: first, upTo: 3 }]
    ])
    t.equal((await reopened.log.range()).id, id)
    const again = await reopen()
    t.match(await again.log.commonWith(first), { upTo: 3 })
    t.match(await again.log.commonWith(id), { upTo: 5 })
  }
)

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
