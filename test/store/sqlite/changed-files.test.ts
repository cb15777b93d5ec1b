import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { folder } from '../../support/build.ts'
import { writeLog } from '../../support/damage.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { openSqlite } from '../../support/sqlite-store.ts'

t.test('a deleted write-ahead log is a fault, and stopping keeps what was answered', async (t) => {
  const { path, store, reopen } = openSqlite(t)
  await store.log.append([newEvent()])
  rmSync(`${path}-wal`)
  const refused = {
    code: 'IEV_BACKPRESSURE',
    message: /events\.db-wal was deleted or replaced: restart the server/,
    params: [{ code: 'fileChanged' }]
  }
  await t.rejects(store.log.append([newEvent()]), refused)
  const next = await reopen()
  t.match(await next.log.append([newEvent()]), [{ offset: 2 }])
})

t.test('a deleted or replaced file is a fault', async (t) => {
  const { path, store } = openSqlite(t)
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
    const { path, store } = openSqlite(t)
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

t.test(
  'files that are only touched are no fault, whether this process or SQLite made a checkpoint before',
  async (t) => {
    const { path, store } = openSqlite(t)
    const touch = () => {
      for (const file of [path, `${path}-wal`]) utimesSync(file, new Date(0), new Date(0))
    }
    const append = (characters: number) =>
      store.log.append([newEvent({ data: JSON.stringify('x'.repeat(characters)) })])
    // The log of the seventh becomes too long for SQLite before this process counts it.
    for (const characters of [1, 1, 1_100_000, 1, 1, 1, 66_000_000, 1, 1, 1]) {
      await append(characters)
      touch()
    }
    t.match(await append(1), [{ offset: 11 }])
    writeFileSync(`${path}-wal`, 'x'.repeat(statSync(`${path}-wal`).size))
    utimesSync(`${path}-wal`, new Date(0), new Date(0))
    await t.rejects(append(1), { code: 'IEV_BACKPRESSURE', message: /-wal was overwritten by another program/ })
  }
)

t.test('after its write-ahead log was cut, a start finds what the database has', async (t) => {
  const { path, store, reopen } = openSqlite(t)
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
    [
      garbage,
      'file is not a database: restore a backup, or recover the readable part with the .recover command of sqlite3'
    ],
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
