import { randomUUID } from 'node:crypto'
import t from 'tap'
import { CALLER_ID, type StoredEvent } from '../../../lib/events/event.ts'
import { LOCKS, lockSpace } from '../../../lib/store/postgres/locks.ts'
import type { PostgresStore } from '../../../lib/store/postgres/store.ts'
import { referenceTo } from '../../../lib/store/postgres/uploads.ts'
import { newEvent } from '../../support/new-event.ts'
import { havePostgres, openNode, openNodes, startPostgres, type TestPostgres } from '../../support/postgres.ts'
import { RecordingSubscriber, RecordingWatcher } from '../../support/recorders.ts'
import { until } from '../../support/until.ts'

const ALL = { after: 0, limit: 100 }
const KEPT = { acceptedBefore: 0, maxBytes: Number.MAX_SAFE_INTEGER }
const OLD = { ...KEPT, acceptedBefore: Number.MAX_SAFE_INTEGER }

/** An event whose data has so many parts. */
const large = (parts: number, members = {}) =>
  newEvent({ data: JSON.stringify('x'.repeat(parts * 262_144 - 1_000)), ...members })

/** The numbers of parts, of those to which no event refers, and of events that are stored in parts. */
async function partsOf({ query, schema }: TestPostgres) {
  const [row] = await query(`SELECT (SELECT count(*) FROM ${schema}.parts)::int AS parts,
    (SELECT count(*) FROM ${schema}.loose_parts)::int AS loose,
    (SELECT count(*) FROM ${schema}.events WHERE flags & 256 <> 0)::int AS events`)
  return row
}

async function pruneAll(store: PostgresStore, which = KEPT): Promise<number> {
  for (let steps = 1; ; steps++) if (!(await store.log.prune(which)).more) return steps
}

if (await havePostgres(t)) {
  t.test('data in parts is followed, sent, erased and removed by any node', async (t) => {
    const { postgres, nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    // A node counts those that read parts at each beat.
    await until(async () => {
      await one.log.append([large(2)])
      return one.status().nodes === 2 && (await partsOf(postgres))?.events !== 0
    })
    await pruneAll(one, OLD)
    await pruneAll(one)
    const { head } = await one.log.range()
    const follower = new RecordingSubscriber()
    other.log.tail(follower)
    const sent: StoredEvent[] = []
    const watcher = new (class extends RecordingWatcher {
      override appended(events: readonly StoredEvent[]) {
        sent.push(...events)
      }
    })()
    await other.deliveries.watch(watcher)
    await until(() => other.status().partitions === 256)
    await one.log.append([newEvent({ queues: ['q'] })])
    const event = large(3, { queues: ['q'], flags: CALLER_ID })
    await one.log.append([event])
    t.strictSame(await partsOf(postgres), { parts: 3, loose: 0, events: 1 })
    await follower.reached(head + 2)
    t.match(follower.events[1], { offset: head + 2, data: event.data, flags: CALLER_ID })
    await until(() => sent.length === 2)
    t.match(sent[1], { offset: head + 2, data: event.data, flags: CALLER_ID, queues: ['q'] })

    const erasing = large(20)
    await one.log.append([erasing])
    const stored = (await other.log.read(ALL)).at(-1)
    t.equal(stored?.data, erasing.data)
    await other.log.erase([stored!])
    t.strictSame(await partsOf(postgres), { parts: 3, loose: 0, events: 1 })
    await other.deliveries.acknowledge(sent.map(({ offset }) => ({ queue: 'q', instanceKey: 1, offset })))
    await pruneAll(one, OLD)
    t.strictSame(await partsOf(postgres), { parts: 3, loose: 1, events: 0 })
    await pruneAll(one)
    t.strictSame(await partsOf(postgres), { parts: 0, loose: 0, events: 0 })
  })

  t.test('parts that a node has left behind are removed once no append can be writing them', async (t) => {
    const postgres = await startPostgres(t)
    const store = await openNode(t, postgres)
    const { query, schema } = postgres
    const [old, recent] = [randomUUID(), randomUUID()]
    for (const key of [old, recent])
      for (let nth = 0; nth < 20; nth++)
        await query(`SELECT ${schema}.write_part($1, $2, '"x"', 'sales', $3)`, [key, nth, randomUUID()])
    t.equal(await pruneAll(store), 1)
    await query(`UPDATE ${schema}.loose_parts SET expires_at = 1 WHERE key = $1`, [old])
    t.equal(await pruneAll(store), 3)
    t.strictSame(await partsOf(postgres), { parts: 20, loose: 1, events: 0 })
  })

  t.test('an event whose parts are lost, or cannot be written, is stored whole', async (t) => {
    const postgres = await startPostgres(t)
    const { query, schema } = postgres
    const store = await openNode(t, postgres)
    const write = (body: string) =>
      query(`CREATE OR REPLACE FUNCTION ${schema}.write_part(
        p_key uuid, p_nth integer, p_data text, p_instance text, p_id text, OUT written boolean
      ) LANGUAGE plpgsql AS $$ BEGIN ${body} END $$`)
    // The last one has more parts than are written at once.
    const events = [2, 2, 2, 6].map((parts) => large(parts))
    await write('written := true;')
    await store.log.append([events[0]!])
    // Expired parts are being removed.
    await write(`written := true; INSERT INTO ${schema}.loose_parts VALUES (p_key, 0) ON CONFLICT DO NOTHING;`)
    await Promise.all([store.log.append([newEvent()]), store.log.append([events[1]!])])
    await write(`written := true; INSERT INTO ${schema}.loose_parts VALUES (p_key, 1) ON CONFLICT DO NOTHING;`)
    await store.log.append([events[2]!])
    await write(`RAISE EXCEPTION 'no';`)
    await store.log.append([events[3]!])
    t.strictSame((await partsOf(postgres))?.events, 0)
    const read = await store.log.read(ALL)
    t.strictSame(
      read.filter(({ data }) => data.length > 100).map(({ data, flags }) => [data, flags]),
      events.map(({ data, flags }) => [data, flags])
    )
  })

  t.test('parts of a duplicate, and of an append that is refused, are removed', async (t) => {
    const postgres = await startPostgres(t)
    const { query, schema } = postgres
    const store = await openNode(t, postgres, { retryMs: 1_000 })
    /** Waits until what is not used is removed: that is noted after the answer. */
    const noneLoose = () =>
      until(async () => {
        await pruneAll(store)
        return (await partsOf(postgres))?.loose === 0
      })
    const event = large(2, { id: 'mine', flags: CALLER_ID })
    t.match(await store.log.append([event, event]), [{ duplicate: false }, { duplicate: true }])
    t.match(await store.log.append([event]), [{ duplicate: true }])
    await noneLoose()
    t.strictSame(await partsOf(postgres), { parts: 2, loose: 0, events: 1 }, 'a later one writes none')
    const lock = [lockSpace(schema), LOCKS.append]
    await query('SELECT pg_advisory_lock($1, $2)', lock)
    await t.rejects(store.log.append([large(2)]), { code: 'IEV_BACKPRESSURE' })
    await query('SELECT pg_advisory_unlock($1, $2)', lock)
    await noneLoose()
    // PostgreSQL may have made the append after its caller was told that it failed.
    const { parts, events } = (await partsOf(postgres)) as { parts: number; events: number }
    t.equal(parts, events * 2)
  })

  t.test('while a node of the release before runs, large data is stored whole', async (t) => {
    const postgres = await startPostgres(t)
    const store = await openNode(t, postgres)
    const lock = [lockSpace(postgres.schema), LOCKS.nodes]
    await postgres.query('SELECT pg_advisory_lock_shared($1, $2)', lock)
    await until(() => store.status().nodes === 2)
    await store.log.append([large(2)])
    t.strictSame(await partsOf(postgres), { parts: 0, loose: 0, events: 0 })
    await postgres.query('SELECT pg_advisory_unlock_shared($1, $2)', lock)
    await until(() => store.status().nodes === 1)
    await store.log.append([large(2)])
    t.strictSame(await partsOf(postgres), { parts: 2, loose: 0, events: 1 })
  })
}

t.test('a row refers to parts only if they are all written, and are those of its data', async (t) => {
  const event = newEvent()
  const upload = { parts: 'key', bytes: 5, event, texts: ['a', 'b'], written: new Set([0, 1]), ended: false }
  t.equal(referenceTo(upload, { ...event, flags: 1 }), '{"parts":"key","bytes":5}')
  t.equal(referenceTo(upload, { ...event, data: '"planned anew"' }), undefined)
  t.equal(referenceTo({ ...upload, written: new Set([1]) }, event), undefined)
  t.equal(referenceTo({ ...upload, ended: true }, event), undefined)
  t.equal(referenceTo(undefined, event), undefined)
})
