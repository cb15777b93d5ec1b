import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { generateId } from '../../../lib/events/event-id.ts'
import type { AppendResult } from '../../../lib/store/log-store.ts'
import { IdSearch } from '../../../lib/store/sqlite/id-search.ts'
import { SEGMENT_OFFSETS } from '../../../lib/store/sqlite/segment.ts'
import { SegmentReads } from '../../../lib/store/sqlite/segment-reads.ts'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import { folder } from '../../support/build.ts'
import { failCommits, failNextCommits } from '../../support/failing-sqlite.ts'
import { newEvent } from '../../support/new-event.ts'
import { numbers } from '../../support/resuming.ts'
import { spyOnExec } from '../../support/sqlite-store.ts'

const CALLER_ID = 4
const EVERYTHING = { acceptedBefore: Date.now() + 86_400_000, maxBytes: Number.MAX_SAFE_INTEGER }

/** Three full segments and a part of the fourth, in appends of many sizes; each 50th event is of `rare`. */
async function fill(store: SqliteStore): Promise<string[]> {
  const ids: string[] = []
  for (let size = 1; ids.length < 3.5 * SEGMENT_OFFSETS; size = (size * 7) % 2_003) {
    const events = Array.from({ length: size }, (_, index) =>
      newEvent({ id: generateId(), instance: (ids.length + index) % 50 === 0 ? 'rare' : 'busy' })
    )
    await store.log.append(events)
    ids.push(...events.map(({ id }) => id))
  }
  return ids
}

t.test('an instance is read across segments, before and after a start', async (t) => {
  const path = join(folder(t), 'events.db')
  let store = new SqliteStore({ path })
  t.after(() => store.close())
  const ids = await fill(store)
  const expected = Array.from({ length: Math.ceil(ids.length / 50) }, (_, index) => index * 50 + 1)
  const check = async () => {
    const { key: instanceKey } = store.instances.require('rare')
    const all = { instanceKey, after: 0, limit: 10_000 }
    const offsets = async (options: object) =>
      (await store.log.read({ ...all, ...options })).map(({ offset }) => offset)
    t.strictSame(await offsets({}), expected)
    t.strictSame(await offsets({ newestFirst: true }), expected.toReversed())
    const inner = expected.filter((offset) => offset > 4_090 && offset <= 8_200)
    t.strictSame(await offsets({ after: 4_090, upTo: 8_200 }), inner)
    t.strictSame(await offsets({ events: ['other'] }), [])
    t.strictSame(await store.log.read({ ...all, instanceKey: 99 }), [], 'an instance without events')

    const busy = { instanceKey: store.instances.require('busy').key, events: ['other'] }
    t.strictSame(await store.log.read({ ...all, ...busy }), [])
    const reached: number[] = []
    while (reached.at(-1) !== ids.length) {
      const limits = { upTo: ids.length, limit: 200, maxBytes: 1_000_000 }
      const requests = [
        { instanceKey, after: 0 },
        { ...busy, after: reached.at(-1) ?? 0 }
      ]
      const pages = await store.log.readPages(requests, limits)
      t.match(pages, [{ reached: expected[199] }, { events: [] }])
      reached.push(pages[1]!.reached)
    }
    const fewest = Math.ceil(ids.length / 2_100)
    t.ok(reached.length >= fewest && reached.length < 2 * fewest, `of rare events ${reached.length} pages`)
  }
  await check()
  await store.close()
  store = new SqliteStore({ path })
  await check()
})

t.test('an event whose generated id comes back from a caller is known, wherever it is in the log', async (t) => {
  const path = join(folder(t), 'events.db')
  let store = new SqliteStore({ path })
  t.after(() => store.close())
  const ids = await fill(store)
  const again = async (place: number, instance?: string) => {
    const id = ids[place]!
    const own = place % 50 === 0 ? 'rare' : 'busy'
    const [result] = await store.log.append([newEvent({ id, flags: CALLER_ID, instance: instance ?? own })])
    return result
  }
  const places = [0, 4_000, SEGMENT_OFFSETS, 2 * SEGMENT_OFFSETS - 1, 12_000, ids.length - 1]
  const known = places.map((place) => ({ id: ids[place], offset: place + 1, duplicate: true }))
  for (const when of ['at first', 'after a start']) {
    for (const [index, place] of places.entries()) t.match(await again(place), known[index]!, when)
    await store.close()
    store = new SqliteStore({ path })
  }
  t.match(await again(17, 'support'), { duplicate: false }, 'ids of another instance are others')
  t.match(await again(17, 'support'), { duplicate: true })
  await store.log.append([newEvent({ id: (ids[0] = generateId()), instance: 'rare' })])
  t.match(await again(0), { duplicate: true }, 'an id that was generated since')
  await store.log.append([newEvent({ id: 'a', flags: CALLER_ID })])
  t.match(await store.log.append([newEvent({ id: generateId(), flags: CALLER_ID })]), [{ duplicate: false }])

  while ((await store.log.prune(EVERYTHING)).more);
  t.match(await again(4_000), { duplicate: false }, 'a pruned event is forgotten')
  t.match(await store.log.append([newEvent({ id: 'a', flags: CALLER_ID })]), [{ duplicate: false }], 'and its id')
  const head = (await store.log.range()).head
  t.equal((await store.log.read({ after: 0, limit: 10, instanceKey: store.instances.require('rare').key })).length, 1)
  await store.close()
  const db = new DatabaseSync(path)
  const { segments, ids: left } = db
    .prepare('SELECT (SELECT count(*) FROM segments) AS segments, (SELECT count(*) FROM ids) AS ids')
    .get() as { segments: number; ids: number }
  db.close()
  t.same({ segments, left }, { segments: 0, left: 2 }, `of ${head} events nothing else is left`)
})

/** Returns the full segments that were read for their ids since the last call. */
function spyOnSegments(t: Test) {
  const capture = t.capture(SegmentReads.prototype, 'events', SegmentReads.prototype.events)
  return () =>
    capture()
      .filter(({ args: [from, to] }) => to - from === SEGMENT_OFFSETS - 1)
      .map(({ args: [from] }) => from / SEGMENT_OFFSETS)
}

t.test('ids that look generated, of many times, have each segment read once, with other work in between', async (t) => {
  const store = new SqliteStore({ path: join(folder(t), 'events.db') })
  t.after(() => store.close())
  const [first, second] = [await fill(store), await fill(store)]
  const ids = [...first, ...second]
  const isRare = (place: number) => (place % first.length) % 50 === 0
  const full = Math.floor(ids.length / SEGMENT_OFFSETS)
  t.ok(full >= 7, 'more than are kept in memory')
  const places = Array.from({ length: 400 }, (_, n) => (n * 7_919) % (full * SEGMENT_OFFSETS))
  const mixed = places.map((place, n) => {
    const id = ids[place] as string
    return newEvent({ id: n % 2 ? id : `${id.slice(0, -4)}beef`, flags: CALLER_ID, instance: 'busy' })
  })
  const segments = spyOnSegments(t)
  const commits = spyOnExec(t, 'COMMIT')
  const appending = store.log.append(mixed)
  const [other] = await store.log.append([newEvent({ instance: 'other' })])
  const results = await appending
  t.same(
    results.map(({ offset, duplicate }) => (duplicate ? offset : null)),
    places.map((place, n) => (n % 2 && !isRare(place) ? place + 1 : null))
  )
  t.same(segments().toSorted(), numbers(full))
  t.ok(commits().length > full, 'each in a transaction of its own')
  const news = results.filter(({ duplicate }) => !duplicate)
  t.ok(
    news.every(({ offset }) => offset > (other as AppendResult).offset),
    'another instance does not wait'
  )

  const again = [1, 2].map((place) => newEvent({ id: ids[place] as string, flags: CALLER_ID, instance: 'busy' }))
  t.match((await Promise.all(again.map((event) => store.log.append([event])))).flat(), [{ offset: 2 }, { offset: 3 }])
  t.same(segments(), [0], 'once for two appends')
  const now = await store.log.append([newEvent({ id: generateId(), flags: CALLER_ID })])
  t.match(now, [{ duplicate: false }])
  t.same(segments(), [], 'an id of now has nothing read')
})

t.test('an id is known, too, if a transaction fails in which its segment is read', async (t) => {
  const path = join(folder(t), 'events.db')
  const store = new SqliteStore({ path })
  t.after(() => store.close())
  const ids = await fill(store)
  failNextCommits(t, 1)
  const again = newEvent({ id: ids[1] as string, flags: CALLER_ID, instance: 'busy' })
  t.match(await store.log.append([again]), [{ duplicate: true, offset: 2 }])
})

t.test('an old event that stays keeps the index of its own segment only', async (t) => {
  const path = join(folder(t), 'events.db')
  let store = new SqliteStore({ path })
  t.after(() => store.close())
  const queues = ['rare.fifo']
  const pending = newEvent({ id: generateId(), instance: 'rare', queues })
  const [{ offset }] = (await store.log.append([pending])) as [AppendResult]
  const ids = await fill(store)
  const { key: instanceKey } = store.instances.require('rare')
  const read = async (newestFirst: boolean) =>
    (await store.log.read({ instanceKey, after: 0, limit: 10_000, newestFirst })).map((event) => event.offset)
  /** Closes the store, and returns the segments that its file has an index of. */
  const index = async () => {
    await store.close()
    const db = new DatabaseSync(path)
    const rows = db.prepare('SELECT segment FROM segments ORDER BY segment').all()
    db.close()
    store = new SqliteStore({ path })
    return rows.map(({ segment }) => segment)
  }
  t.same(await index(), [0, 1, 2])
  while ((await store.log.prune(EVERYTHING)).more);

  const [newest] = await store.log.append([newEvent({ instance: 'rare' })])
  const found = [offset, newest?.offset]
  const again = (id: string) => store.log.append([newEvent({ id, flags: CALLER_ID, instance: 'rare' })])
  for (const when of ['at first', 'after a start']) {
    t.same(await read(false), found, when)
    t.same(await read(true), found.toReversed(), when)
    t.match(await again(pending.id), [{ duplicate: true, offset }], when)
    t.same(await index(), [0], 'nothing is left of what was removed')
  }
  t.match(await again(ids[5_000]!), [{ duplicate: false }], 'a pruned event is forgotten')

  await store.deliveries.acknowledge([{ queue: queues[0]!, instanceKey, offset }])
  while ((await store.log.prune(EVERYTHING)).more);
  t.same(await index(), [], 'of an empty log nothing is left')
  t.same(await read(false), [])
})

t.test('a generated id of a rolled-back append is not known, and that of the event in its place is', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const [first, second, third] = [generateId(), generateId(), generateId()]
  await store.log.append([newEvent({ id: first })])
  const broken = failCommits(t)
  await t.rejects(store.log.append([newEvent({ id: second }), newEvent({ id: first, flags: CALLER_ID })]))
  broken.restore()
  await store.log.append([newEvent({ id: third })])
  t.match(await store.log.append([newEvent({ id: third, flags: CALLER_ID })]), [{ duplicate: true, offset: 2 }])
  t.match(await store.log.append([newEvent({ id: second, flags: CALLER_ID })]), [{ duplicate: false, offset: 3 }])
  t.match(await store.log.append([newEvent({ id: first, flags: CALLER_ID })]), [{ duplicate: true, offset: 1 }])
})

t.test('an index that was changed in the file is damage: events are found without it', async (t) => {
  const path = join(folder(t), 'events.db')
  const first = new SqliteStore({ path })
  await fill(first)
  await first.close()
  const read = async () => {
    const store = new SqliteStore({ path })
    const { key: instanceKey } = store.instances.require('rare')
    const found = await store.log.read({ instanceKey, after: 0, limit: 100_000 })
    const health = await store.check().then(
      () => 'ok',
      ({ code }: { code: string }) => code
    )
    await store.close()
    return [found.length, health]
  }
  const [count] = await read()
  const changes = [
    "UPDATE segments SET places = x'00'",
    "UPDATE segments SET places = x'ffffffff0000'",
    'DELETE FROM segments'
  ]
  for (const change of changes) {
    const db = new DatabaseSync(path)
    db.exec(`${change} WHERE segment = 1`)
    db.close()
    t.same(await read(), [count, 'IEV_STORE_DAMAGED'], change)
  }
})

t.test('a search reads each segment once, at the latest when it is asked for an id', async (t) => {
  const read: number[] = []
  const readIds = (segment: number) => {
    read.push(segment)
    return new Map([[`id-${segment}`, segment * SEGMENT_OFFSETS]])
  }
  const left = numbers(3).map((n): [number, string[]] => [n, [`id-${n}`, 'another']])
  const search = new IdSearch(readIds, new Map(left))
  t.same(search.segments, [0, 1, 2])
  search.read(1)
  search.read(1)
  t.same(search.segments, [0, 2])
  t.equal(search.offsetOf('id-2'), 2 * SEGMENT_OFFSETS)
  t.equal(search.offsetOf('id-1'), SEGMENT_OFFSETS)
  t.equal(search.offsetOf('another'), undefined)
  t.same(read, [1, 0, 2])
})
