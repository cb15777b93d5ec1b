import { copyFileSync, fdatasync, fstatSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import type { NewEvent } from '../../../lib/events/event.ts'
import { folder } from '../../support/build.ts'
import { followLog } from '../../support/follow-log.ts'
import { failCheckpoints } from '../../support/failing-sqlite.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { until } from '../../support/until.ts'

const ALL = { after: 0, limit: 100 }
/** Events of a megabyte in all, which are one transaction: none is large enough for parts. */
const megabyte = (members: Partial<NewEvent> = {}) =>
  newEvents(5, { data: JSON.stringify('x'.repeat(210_000)), ...members })

/** A store whose calls of the disk are answered by the test. */
function open(t: Test) {
  const path = join(folder(t), 'events.db')
  const calls: { file: 'wal' | 'database'; answer: (error?: Error) => void }[] = []
  const sync = promisify(fdatasync)
  let held = true
  const syncFile = async (fd: number) => {
    const file = fstatSync(fd).ino === statSync(path).ino ? 'database' : 'wal'
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    calls.push({ file, answer: (error) => (error ? reject(error) : resolve()) })
    if (held) await promise
    await sync(fd)
  }
  const store = new SqliteStore({ path, syncFile })
  /** Answers what was asked, and whatever will be. */
  const release = () => {
    held = false
    for (const { answer } of calls) answer()
  }
  t.after(() => {
    release()
    return store.close()
  })
  return { path, store, calls, release }
}

t.test('an event is answered and seen once it is durable, not before', async (t) => {
  const { store, calls, release } = open(t)
  const seen: string[] = []
  followLog(store, (events) => seen.push(...events.map(({ id }) => id)))
  let answered = 0
  const append = (id: string) => store.log.append([newEvent({ id, queues: ['a'] })]).finally(() => answered++)
  const first = append('first')
  await until(() => calls.length === 1)
  const later = [append('second'), append('third')]
  const state = async () => ({
    answered,
    seen: [...seen],
    head: (await store.log.range()).head,
    read: (await store.log.read(ALL)).length,
    newest: (await store.log.read({ ...ALL, newestFirst: true })).length,
    ofInstance: (await store.log.read({ ...ALL, instanceKey: 1 })).length,
    lane: (await store.deliveries.readLane({ queue: 'a', instanceKey: 1 }, { ...ALL, maxBytes: 1_000 })).length,
    instances: store.instances.size
  })
  t.same(await state(), {
    answered: 0,
    seen: [],
    head: 0,
    read: 0,
    newest: 0,
    ofInstance: 0,
    lane: 0,
    instances: 0
  })
  t.equal(calls.length, 1, 'others wait meanwhile')
  calls[0]!.answer()
  await first
  t.match(await state(), { answered: 1, seen: ['first'], head: 1, read: 1, lane: 1, instances: 1 })
  await until(() => calls.length === 2)
  release()
  await Promise.all(later)
  t.match(await state(), { answered: 3, seen: ['first', 'second', 'third'], head: 3, read: 3, lane: 3 })
  t.same(
    calls.map(({ file }) => file),
    ['wal', 'wal'],
    'what came meanwhile is one transaction'
  )
})

t.test('after a disk has failed to keep a transaction nothing is accepted until a start', async (t) => {
  const { path, store, calls } = open(t)
  const refused = {
    code: 'IEV_BACKPRESSURE',
    message: /events\.db could not be synced \(EIO.*\): restart the server/,
    params: [{ code: 'fileNotSynced' }]
  }
  const append = t.rejects(store.log.append([newEvent({ id: 'first', queues: ['a'] })]), refused)
  await until(() => calls.length === 1)
  calls[0]!.answer(new Error('EIO: i/o error, fdatasync'))
  await append
  await t.rejects(store.log.append([newEvent()]), refused)
  await t.rejects(store.check(), refused)
  t.same([await store.log.read(ALL), store.deliveries.pendingCount(), calls.length], [[], 0, 1])
  await store.close()
  const next = new SqliteStore({ path })
  t.after(() => next.close())
  t.match(await next.log.append([newEvent({ id: 'first' })]), [{ offset: 1 }], 'it may or may not have been kept')
})

t.test('the log is not written from its beginning before the database is durable', async (t) => {
  const { path, store, calls, release } = open(t)
  const before = join(folder(t), 'events.db')
  copyFileSync(path, before)
  const appends: Promise<unknown>[] = []
  const append = async (id: string) => {
    const count = calls.length
    appends.push(store.log.append([newEvent({ id }), ...megabyte()]))
    await until(() => calls.length > count)
    return calls.at(-1)!
  }
  let ids = 0
  let call = await append(`id-${++ids}`)
  while (call.file === 'wal') {
    call.answer()
    await appends.at(-1)
    t.ok(ids < 15, 'a checkpoint comes in time')
    call = await append(`id-${++ids}`)
  }
  // Power fails: of the database nothing was kept since the start, of the log all that was synced.
  copyFileSync(`${path}-wal`, `${before}-wal`)
  const survived = new SqliteStore({ path: before })
  t.equal((await survived.log.read(ALL)).length, (ids - 1) * 6, 'all that was answered is there')
  await survived.close()
  t.equal((await store.log.read(ALL)).length, (ids - 1) * 6, 'the next transaction waits')

  const { size } = statSync(`${path}-wal`)
  release()
  await Promise.all(appends)
  t.equal((await store.log.read(ALL)).length, ids * 6)
  t.equal(statSync(`${path}-wal`).size, size, 'then it is in the place of the first')
})

t.test(
  'a small transaction does not wait for the copy of a large one, and a large one waits for it after the small',
  async (t) => {
    const { store, calls, release } = open(t)
    const done: string[] = []
    const append = (events: NewEvent[]) =>
      store.log.append(events).then(() => void done.push(events[0]?.instance as string))
    /** Waits for the next call of the disk. */
    const asked = async (count: number) => {
      await until(() => calls.length === count)
      return calls.at(-1) as (typeof calls)[number]
    }
    const large = append(megabyte({ instance: 'much' }))
    const first = await asked(1)
    const small = append([newEvent({ instance: 'little' })])
    first.answer()
    const second = await asked(2)
    t.equal(second.file, 'wal', 'its own transaction is made durable')
    second.answer()
    await Promise.all([large, small])

    const largeAgain = append(megabyte({ instance: 'much' }))
    const checkpoint = await asked(3)
    t.equal(checkpoint.file, 'database')
    const smallAgain = append([newEvent({ instance: 'little' })])
    checkpoint.answer()
    const fourth = await asked(4)
    t.equal(fourth.file, 'wal')
    fourth.answer()
    await smallAgain
    t.strictSame(done, ['much', 'little', 'little'])
    release()
    await largeAgain
  }
)

t.test('a checkpoint without room leaves the log as it is, and events are accepted', async (t) => {
  const path = join(folder(t), 'events.db')
  const store = new SqliteStore({ path })
  t.after(() => store.close())
  const full = failCheckpoints(t)
  for (let count = 1; full.tried.length < 2; count++) {
    await store.log.append(megabyte())
    t.ok(count < 40)
  }
  full.restore()
  await t.resolves(store.check())
})

t.test('where no checkpoint can be made, SQLite makes one once the log is long, and events are accepted', async (t) => {
  const path = join(folder(t), 'events.db')
  const store = new SqliteStore({ path })
  t.after(() => store.close())
  failCheckpoints(t)
  for (let count = 0; count < 80; count++) await store.log.append(megabyte())
  const { size } = statSync(`${path}-wal`)
  t.ok(size > 64_000_000 && size < 72_000_000, `${size} bytes`)
  t.equal((await store.log.range()).head, 400)
})

t.test('a database behind a symbolic link keeps its log beside the file', async (t) => {
  const path = join(folder(t), 'events.db')
  const link = join(folder(t), 'link.db')
  symlinkSync(path, link)
  writeFileSync(path, '')
  const synced: number[] = []
  const syncFile = async (fd: number) => void synced.push(fstatSync(fd).ino)
  const store = new SqliteStore({ path: link, syncFile })
  t.after(() => store.close())
  await store.log.append([newEvent()])
  t.same(synced, [statSync(`${path}-wal`).ino])
})
