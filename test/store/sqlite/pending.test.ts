import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { SqliteStore } from '../../../lib/store/sqlite/store.ts'
import type { DeliveryRef } from '../../../lib/store/delivery-store.ts'
import { folder } from '../../support/build.ts'
import { failCommits } from '../../support/failing-sqlite.ts'
import { newEvent } from '../../support/new-event.ts'
import { pendingLanes } from '../../support/pending-lanes.ts'
import { Random } from '../../simulation/random.ts'

const QUEUES = ['a', 'b', 'c']
const FAILURE = { reason: 'AccessDenied', message: 'not yours', attempts: 1 }
const ALL = { after: 0, limit: 100_000, maxBytes: Infinity }

/** All that is pending, as texts in order. */
async function pendingOf(store: SqliteStore): Promise<string[]> {
  const lanes = await pendingLanes(store)
  const events = await Promise.all(lanes.map((lane) => store.deliveries.readLane(lane, ALL)))
  return lanes.flatMap((lane, index) => (events[index] ?? []).map(({ offset }) => text({ ...lane, offset }))).sort()
}

function text({ queue, instanceKey, offset }: DeliveryRef): string {
  return `${queue} ${instanceKey} ${offset}`
}

/** The store as a process finds it that starts after this one was killed. */
async function afterKill<T>(t: Test, path: string, work: (store: SqliteStore) => Promise<T>): Promise<T> {
  const copy = join(folder(t), 'events.db')
  copyFileSync(path, copy)
  copyFileSync(`${path}-wal`, `${copy}-wal`)
  const store = new SqliteStore({ path: copy })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

t.test('what is pending is the same in memory and after a start, however it came about', async (t) => {
  const random = new Random(3)
  const path = join(folder(t), 'events.db')
  let store = new SqliteStore({ path })
  t.after(() => store.close())
  const model = new Map<string, DeliveryRef>()
  const dead = new Map<string, DeliveryRef>()
  const some = (share: number) => [...model.values()].filter(() => random.chance(share))
  for (let round = 0; round < 26; round++) {
    const events = Array.from({ length: random.between(1, 1_500) }, () =>
      newEvent({ instance: `i${random.between(1, 9)}`, queues: QUEUES.filter(() => random.chance(0.4)) })
    )
    const results = await store.log.append(events)
    for (const [index, { offset }] of results.entries()) {
      const { instance, queues } = events[index]!
      for (const queue of queues) {
        const ref = { queue, offset, instanceKey: store.instances.require(instance).key }
        model.set(text(ref), ref)
      }
    }
    const sent = some(round % 4 === 3 ? 0.97 : 0.3)
    await store.deliveries.acknowledge(sent)
    for (const ref of sent) model.delete(text(ref))
    for (const ref of some(0.002)) {
      await store.deliveries.bury(ref, FAILURE)
      model.delete(text(ref))
      dead.set(text(ref), ref)
    }
    if (round % 5 === 4) {
      for (const letter of await store.deadLetters.redrive(ALL)) {
        model.set(text(letter), dead.get(text(letter))!)
        dead.delete(text(letter))
      }
    }
    if (round % 6 === 5) {
      // A commit that fails leaves nothing.
      const broken = failCommits(t)
      const failing = [store.deliveries.acknowledge(some(0.5)), store.log.append([newEvent({ queues: QUEUES })])]
      await t.rejects(Promise.all(failing), { code: 'IEV_BACKPRESSURE' })
      await Promise.allSettled(failing)
      broken.restore()
    }
    if (round % 8 === 7) while ((await store.log.prune({ acceptedBefore: Date.now() + 1, maxBytes: Infinity })).more);
    const expected = [...model.keys()].sort()
    t.equal(store.deliveries.pendingCount(), expected.length)
    if (round % 3 === 0) t.strictSame(await afterKill(t, path, pendingOf), expected, `killed in round ${round}`)
    if (round % 7 === 0) {
      await store.close()
      store = new SqliteStore({ path })
    }
    t.strictSame(await pendingOf(store), expected, `round ${round}`)
  }
  await store.deliveries.acknowledge([...model.values()])
  t.equal(store.deliveries.pendingCount(), 0)
})

t.test('a process killed while many segments are folded leaves what was pending', async (t) => {
  const random = new Random(11)
  const path = join(folder(t), 'events.db')
  const store = new SqliteStore({ path })
  t.after(() => store.close())
  const results = await store.log.append(Array.from({ length: 40_000 }, () => newEvent({ queues: ['a'] })))
  const ref = ({ offset }: { offset: number }) => ({ queue: 'a', instanceKey: 1, offset })
  const model = new Map(results.map((result) => [text(ref(result)), ref(result)]))
  for (let commit = 0; commit < 8; commit++) {
    // Of all segments.
    const sent = [...model.values()].filter(() => random.chance(0.1))
    for (const delivery of sent) model.delete(text(delivery))
    const [[fresh]] = await Promise.all([
      store.log.append([newEvent({ queues: ['a'] })]),
      store.deliveries.acknowledge(sent)
    ])
    model.set(text(ref(fresh!)), ref(fresh!))
    t.strictSame(await afterKill(t, path, pendingOf), [...model.keys()].sort(), `killed after commit ${commit}`)
  }
})

t.test('rows of changes are folded: their number does not grow with the log', async (t) => {
  const path = join(folder(t), 'events.db')
  const store = new SqliteStore({ path })
  const instanceKey = 1
  for (let round = 0; round < 30; round++) {
    const results = await store.log.append(Array.from({ length: 1_000 }, () => newEvent({ queues: ['a'] })))
    const refs = results.map(({ offset }) => ({ queue: 'a', instanceKey, offset }))
    await store.deliveries.acknowledge(round === 0 ? refs.slice(1) : refs)
  }
  await store.close()
  const db = new DatabaseSync(path)
  const rows = db
    .prepare(
      `SELECT (SELECT sum(length(changes)) FROM delivery_changes) AS changes,
        (SELECT count(*) FROM pending) AS segments`
    )
    .get() as { changes: number; segments: number }
  db.close()
  t.ok(rows.changes < 200_000, `${rows.changes} bytes of changes are left`)
  t.ok(rows.segments <= 3, `${rows.segments} segments have pending deliveries`)
})
