import { copyFileSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { SqliteDamage } from '../../../lib/store/sqlite/damage.ts'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { tryDatabase } from '../../../lib/store/try-database.ts'
import { pendingLanes } from '../../support/pending-lanes.ts'
import type { StoredEvent } from '../../../lib/events/event.ts'
import { folder } from '../../support/build.ts'
import { leavesOf, overwrite, placeOf, writeLog } from '../../support/damage.ts'
import { newEvent } from '../../support/new-event.ts'

const NOISE = Buffer.alloc(300, 0xa5)
const ALL = { after: 0, limit: 10_000 }
const LANE = { after: 0, limit: 100, maxBytes: 1_000_000 }

/** Events of two instances by turns, large enough for a few to fill a page. */
function numbered(count: number, length = 600) {
  return Array.from({ length: count }, (_, index) =>
    newEvent({
      instance: index % 2 === 0 ? 'sales' : 'support',
      data: JSON.stringify({ n: index + 1, text: `<${index + 1}>${'x'.repeat(length)}` }),
      queues: ['q']
    })
  )
}

function open(t: Test, path: string) {
  const told: { offset?: number; reason: string }[] = []
  const store = new SqliteStore({ path, onDamage: (damage) => void told.push(damage) })
  t.after(() => store.close())
  return { store, told }
}

const offsets = (events: readonly { offset: number }[]) => events.map(({ offset }) => offset)
const without = (gone: readonly number[], from = 1, to = 100) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((offset) => !gone.includes(offset))

/** All that is pending, lane by lane, as it would be sent. */
async function sendAll(store: SqliteStore): Promise<StoredEvent[][]> {
  const lanes = await pendingLanes(store)
  return Promise.all(
    lanes.map(async (lane) => {
      const sent: StoredEvent[] = []
      for (let after = 0; ; after = sent.at(-1)?.offset as number) {
        const page = await store.deliveries.readLane(lane, { ...LANE, after })
        if (page.length === 0) return sent
        sent.push(...page)
      }
    })
  )
}

t.test('a damaged event becomes a dead letter, and the others are sent in order', async (t) => {
  const path = await writeLog(t, numbered(100))
  overwrite(path, [placeOf(path, '<7>'), placeOf(path, '<8>')], Buffer.alloc(20))
  const { store, told } = open(t, path)
  t.match(told, [{ reason: 'the text of an event is not JSON' }, {}])
  t.same(new Set(told.map(({ offset }) => offset)), new Set([7, 8]))
  await t.rejects(store.check(), {
    code: 'IEV_STORE_DAMAGED',
    message: `The database ${path} is damaged (the text of an event is not JSON; 2 events cannot be read and are left out): stop the server, then restore a backup`
  })
  t.same(offsets(await store.log.read(ALL)), without([7, 8]))
  t.same(offsets(await store.log.read({ ...ALL, newestFirst: true })), without([7, 8]).toReversed())
  t.same(offsets(await store.log.read({ after: 4, limit: 4 })), [5, 6, 9, 10])
  const sales = { queue: 'q', instanceKey: store.instances.require('sales').key }
  t.same(offsets(await store.deliveries.readLane(sales, { ...LANE, after: 5, limit: 1 })), [9], 'no end of the lane')
  t.same(
    offsets((await sendAll(store)).flat()).sort((a, b) => a - b),
    without([7, 8])
  )
  const letters = await store.deadLetters.read(ALL)
  t.match(
    letters.sort((a, b) => a.offset - b.offset),
    [
      { offset: 7, reason: 'IEV_EVENT_DAMAGED', instance: 'sales', event: 'messages.upsert' },
      { offset: 8, instance: 'support' }
    ]
  )
  t.equal(store.deliveries.pendingCount(), 98)
  t.equal(told.length, 2, 'each is told once')

  await store.deadLetters.redrive(ALL)
  t.equal(store.deliveries.pendingCount(), 100)
  t.same(offsets((await sendAll(store)).flat()).length, 98)
  t.equal((await store.deadLetters.discard(ALL)).length, 2)
  await t.resolves(store.log.append([newEvent()]))
})

t.test('events outside a damaged page are found, whichever way they are read', async (t) => {
  const path = await writeLog(t, numbered(100))
  const [, second] = leavesOf(path, 'events')
  overwrite(path, [second as number], Buffer.alloc(4_096, 0xff))
  const { store } = open(t, path)
  const sent = (await sendAll(store)).flat()
  const gone = without(offsets(sent))
  t.ok(gone.length > 2 && gone.length < 10, `gone are ${gone.join()}`)
  t.equal(store.log.damagedEvents(), gone.length)
  t.same(offsets(await store.log.read(ALL)), without(gone))
  t.same(offsets(await store.log.read({ ...ALL, newestFirst: true, upTo: 20 })), without(gone, 1, 20).toReversed())
  const sales = store.instances.require('sales').key
  const odd = without(gone).filter((offset) => offset % 2 === 1)
  t.same(offsets(await store.log.read({ ...ALL, instanceKey: sales })), odd)
  t.same(offsets(await store.log.read({ ...ALL, instances: ['sales'], events: ['messages.upsert'] })), odd)
  t.same(await store.log.read({ ...ALL, events: ['other'] }), [])
  t.same(await store.log.instanceKeysOf('sales'), [sales])
  t.same(await store.log.instanceKeysOf('other'), [])
  const limits = { upTo: 100, limit: 30, maxBytes: 1_000_000 }
  const pages = await store.log.readPages([{ instanceKey: sales, after: 0 }, { after: 80 }], limits)
  t.same(
    pages.map((page) => offsets(page.events)),
    [odd.slice(0, 30), without(gone).filter((offset) => offset > 80)]
  )
  t.same(
    pages.map((page) => page.reached),
    [odd[29], 100]
  )
  t.match(await store.log.range(), { first: 1, head: 100 })
  t.same(await store.log.sums({ after: 0, upTo: 100, partMs: 1 }), [], 'sums are not made event by event')

  await store.deliveries.bury(
    { queue: 'q', instanceKey: sales, offset: 1 },
    { reason: 'X', message: 'no', attempts: 1 }
  )
  const all = await store.deadLetters.read(ALL)
  t.match(all.at(-1), { offset: 1, event: 'messages.upsert', instance: 'sales', eventId: /^[0-9a-f-]{36}$/ })
  const letters = all.slice(0, -1)
  t.same(
    offsets(letters).sort((a, b) => a - b),
    gone
  )
  t.match(letters[0], { event: '', eventId: '', instance: /^(sales|support)$/, reason: 'IEV_EVENT_DAMAGED' })
  const ofSales = await store.deadLetters.read({ ...ALL, instance: 'sales', reason: 'IEV_EVENT_DAMAGED' })
  t.same(
    offsets(ofSales),
    gone.filter((offset) => offset % 2 === 1)
  )
  const grouped = async (filter: object) => (await store.deadLetters.groups({ limit: 10, ...filter })).count
  t.equal(await grouped({ instance: 'sales', reason: 'IEV_EVENT_DAMAGED' }), ofSales.length)
  await store.instances.remove('support')
  t.equal(await grouped({ instance: '' }), gone.length - ofSales.length, 'without its name')
  t.match(await store.deadLetters.read({ ...ALL, instance: '' }), [{ offset: gone.find((offset) => offset % 2 === 0) }])
})

t.test('a damaged log that is too large loses its oldest events', async (t) => {
  const greedy = numbered(100).map((event) => ({ ...event, instance: 'greedy', queues: [] }))
  const path = await writeLog(t, [newEvent({ instance: 'quiet' }), ...greedy])
  overwrite(path, [placeOf(path, '<99>')], Buffer.alloc(20))
  const { store, told } = open(t, path)
  t.equal(told.length, 1)
  while ((await store.log.prune({ acceptedBefore: 0, maxBytes: 1 })).more);
  t.equal((await store.log.range()).prunedTo, 101)
})

t.test('a pruned event among damaged ones is skipped, and not counted as damage', async (t) => {
  const path = await writeLog(t, numbered(20))
  overwrite(path, [placeOf(path, '<13>')], Buffer.alloc(20))
  const db = new DatabaseSync(path)
  db.exec('DELETE FROM events WHERE "offset" = 7')
  db.close()
  const { store, told } = open(t, path)
  t.same(offsets(await store.log.read(ALL)), without([7, 13], 1, 20))
  t.match(told, [{ offset: 13 }])
})

t.test('damage that occurs while the file is open is found by the next read', async (t) => {
  const path = await writeLog(t, numbered(2_000, 3_000))
  const leaves = leavesOf(path, 'events')
  const { store, told } = open(t, path)
  t.same(told, [])
  await t.resolves(store.check())
  overwrite(path, [leaves[Math.floor(leaves.length / 2)] as number], Buffer.alloc(4_096, 0xff))
  const read = await store.log.read(ALL)
  t.ok(read.length > 1_990 && read.length < 2_000, `${read.length} events are left`)
  t.equal(told.length, 1 + store.log.damagedEvents())
  await t.rejects(store.check(), { code: 'IEV_STORE_DAMAGED' })
})

t.test('a write that meets damage is refused with backpressure, and the damage is reported', async (t) => {
  const events = numbered(100)
  const path = await writeLog(t, events)
  overwrite(path, leavesOf(path, 'ids'), Buffer.alloc(200, 0xff))
  const { store } = open(t, path)
  await t.rejects(store.log.append([newEvent()]), {
    code: 'IEV_BACKPRESSURE',
    message: /cannot be written: .*malformed/
  })
  await t.rejects(store.check(), { code: 'IEV_STORE_DAMAGED' })
})

t.test('a file whose essential tables are damaged is refused with the remedy', async (t) => {
  const unusable = (message: RegExp) => ({ code: 'IEV_STORE_UNUSABLE', message })
  for (const table of ['delivery_changes', 'instances', 'log']) {
    const path = await writeLog(t, numbered(500))
    overwrite(path, leavesOf(path, table), Buffer.alloc(200, 0xff))
    const reason = new RegExp(
      `^The database ${path} cannot be used: its table ${table} is damaged \\(.+\\): restore a backup`
    )
    t.throws(() => new SqliteStore({ path }), unusable(reason))
    t.match(await tryDatabase(`file:${path}`, '.'), { ok: false, message: /damaged|malformed/ })
  }

  const header = await writeLog(t, numbered(5))
  overwrite(header, [0], NOISE)
  t.throws(() => new SqliteStore({ path: header }), unusable(/file is not a database: restore a backup/))

  const selection = await writeLog(t, [])
  const store = new SqliteStore({ path: selection })
  await store.instances.setSelection('sales', 'sqs', { enabled: true, events: ['CALL'] }, { register: true })
  await store.close()
  overwrite(selection, [placeOf(selection, '["CALL"]')], Buffer.from('"'))
  t.throws(() => new SqliteStore({ path: selection }), unusable(/JSON.*: restore a backup/))
})

t.test('a file damaged every 50 kB is refused with the remedy, or read without broken events', async (t) => {
  for (const first of [50_000, 70_000, 90_000, 110_000]) {
    const path = await writeLog(t, numbered(2_000))
    const { size } = statSync(path)
    const places = Array.from({ length: Math.floor((size - first) / 50_000) }, (_, index) => first + index * 50_000)
    overwrite(path, places, NOISE)
    try {
      const store = new SqliteStore({ path })
      t.after(() => store.close())
      for (const event of [...(await store.log.read(ALL)), ...(await sendAll(store)).flat()]) JSON.parse(event.data)
      await t.rejects(store.check(), { code: 'IEV_STORE_DAMAGED' })
    } catch (error) {
      t.match(error, { code: 'IEV_STORE_UNUSABLE', message: /restore a backup/ })
    }
  }
})

t.test('a log whose write-ahead log is cut has the commits before the cut, and accepts events', async (t) => {
  const path = join(folder(t), 'events.db')
  const { store } = open(t, path)
  for (const event of numbered(50)) await store.log.append([event])
  const copy = join(folder(t), 'events.db')
  copyFileSync(path, copy)
  copyFileSync(`${path}-wal`, `${copy}-wal`)
  truncateSync(`${copy}-wal`, Math.floor(statSync(`${copy}-wal`).size / 2))
  const { store: half, told } = open(t, copy)
  const left = await half.log.read(ALL)
  t.ok(left.length > 0 && left.length < 50, `${left.length} events are left`)
  t.same(offsets(left), without([], 1, left.length))
  t.same(told, [])
  t.match(await half.log.append([newEvent()]), [{ offset: left.length + 1, duplicate: false }])
  await t.resolves(half.check())
})

t.test('a question that only a damaged page could answer is refused with the name of the file', async (t) => {
  const path = await writeLog(t, numbered(100))
  overwrite(path, leavesOf(path, 'events').slice(0, 1), Buffer.alloc(4_096, 0xff))
  const { store } = open(t, path)
  await t.rejects(store.deliveries.oldestPending(), { code: 'IEV_STORE_DAMAGED', message: new RegExp(path) })
})

t.test('other errors of SQLite are not taken for damage', async (t) => {
  const damage = new SqliteDamage('x')
  t.throws(() => damage.met(new Error('no damage')), { message: 'no damage' })
  t.equal(damage.error, undefined)
  const path = join(folder(t), 'others.db')
  new DatabaseSync(path).close()
  t.match(await tryDatabase(`file:${path}`, '.'), { ok: true })
})

t.test('a start checks parts of a large file, its last event among them', async (t) => {
  const path = await writeLog(t, numbered(70, 1_000_000))
  overwrite(path, [placeOf(path, '<70>')], Buffer.alloc(20))
  const { told } = open(t, path)
  t.match(told, [{ offset: 70 }])
})

t.test('damage is not carried to PostgreSQL, and check-config finds it', async (t) => {
  const path = await writeLog(t, numbered(100))
  overwrite(path, [placeOf(path, '<7>')], Buffer.alloc(20))
  const before = readFileSync(path)
  t.match(await tryDatabase(`file:${path}`, '.'), {
    ok: false,
    message: `${path} is damaged (the text of the event at offset 7 is not JSON): restore a backup`
  })
  t.ok(before.equals(readFileSync(path)), 'and it is left as it is')
  overwrite(path, leavesOf(path, 'events').slice(1, 2), Buffer.alloc(200, 0xff))
  t.match(await tryDatabase(`file:${path}`, '.'), { ok: false, message: /is damaged \(.+\): restore a backup/ })
})
