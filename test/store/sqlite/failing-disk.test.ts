import t from 'tap'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { writeLog } from '../../support/damage.ts'
import { failCommits, fillDisk } from '../../support/failing-sqlite.ts'
import { followLog } from '../../support/follow-log.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { pendingLanes } from '../../support/pending-lanes.ts'
import { RecordingSubscriber } from '../../support/recorders.ts'
import { openSqlite, spyOnExec } from '../../support/sqlite-store.ts'

t.test('a full disk refuses appends that do not fit, whole, keeps others, and can be recovered from', async (t) => {
  const { store, reopen } = openSqlite(t)
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

t.test('a failed commit is rolled back, and the next one works', async (t) => {
  const { store, reopen } = openSqlite(t)
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
    const { store, reopen } = openSqlite(t)
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
