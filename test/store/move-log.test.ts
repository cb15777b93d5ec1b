import { join } from 'node:path'
import t, { type Test } from 'tap'
import { moveLog } from '../../lib/store/move-log.ts'
import { lockSpace } from '../../lib/store/postgres/locks.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import type { LaneKey } from '../../lib/store/delivery-store.ts'
import { folder } from '../support/build.ts'
import { overwrite, placeOf, writeLog } from '../support/damage.ts'
import { pendingLanes } from '../support/pending-lanes.ts'
import { newEvent } from '../support/new-event.ts'
import { havePostgres, openNode, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const QUEUES = ['global_call.fifo', 'sales_call.fifo']
const FAILURE = { reason: 'AccessDenied', message: 'não', attempts: 10 }
const EVERYTHING = { after: 0, limit: 10_000 }
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

/** A log with events of several instances: sent, pending, buried and pruned ones, and of a name that was given twice. */
async function fill(path: string): Promise<void> {
  const store = new SqliteStore({ path })
  await store.log.append([newEvent({ instance: 'gone', id: 'pruned' })])
  await store.log.prune({ acceptedBefore: Date.now() + 1, maxBytes: Infinity })
  await store.instances.remove('gone')
  for (const name of ['sales', 'gone', 'ação']) {
    const selection = { enabled: true, events: ['CALL'] }
    await store.instances.create({
      name,
      token: `token of ${name}`,
      selections: { sqs: selection, websocket: selection }
    })
  }
  const instances = ['sales', 'gone', 'ação']
  const events = Array.from({ length: 3_000 }, (_, n) =>
    newEvent({ instance: instances[n % 3]!, id: `id ${n}`, flags: n % 2, queues: QUEUES.slice(0, n % 3) })
  )
  const refs = (await store.log.append(events)).flatMap(({ offset }, n) =>
    events[n]!.queues.map((queue) => ({ queue, offset, instanceKey: store.instances.get(instances[n % 3]!)!.key }))
  )
  await store.deliveries.acknowledge(refs.slice(0, 500))
  for (const ref of refs.slice(500, 520)) await store.deliveries.bury(ref, FAILURE)
  await store.deadLetters.redrive({ after: 17, limit: 10 })
  // The larger part of the log is removed, of one instance alone.
  await store.log.append([newEvent({ instance: 'greedy', data: JSON.stringify('x'.repeat(20 * 1_048_576)) })])
  while ((await store.log.prune({ acceptedBefore: 0, maxBytes: 12 * 1_048_576 })).more);
  await store.log.append([
    newEvent({ instance: 'late', data: JSON.stringify('x'.repeat(9 * 1_048_576)) }),
    newEvent({ traceparent: TRACE })
  ])
  await store.close()
}

/** Everything that can be read from a store. */
async function contents(store: EventStore) {
  const lanes = await pendingLanes(store)
  const whole = { ...EVERYTHING, maxBytes: Infinity }
  return {
    range: { ...(await store.log.range()), id: 'of the start' },
    events: await store.log.read(EVERYTHING),
    instances: [...store.instances.list()].sort((a, b) => a.key - b.key),
    prunedTo: await Promise.all(
      ['greedy', 'sales'].map(async (name) => (await store.log.range(store.instances.require(name).key)).prunedTo)
    ),
    pending: store.deliveries.pendingCount(),
    lanes: await Promise.all(lanes.map(async (lane) => [name(lane), await store.deliveries.readLane(lane, whole)])),
    oldest: await store.deliveries.oldestPending(),
    deadLetters: await store.deadLetters.read(EVERYTHING),
    deadLetterCount: await store.deadLetters.count()
  }
}

function name({ queue, instanceKey }: LaneKey): string {
  return `${queue} ${instanceKey}`
}

async function source(t: Test): Promise<{ path: string; from: string }> {
  const path = join(folder(t), 'events.db')
  await fill(path)
  return { path, from: `file:${path}` }
}

if (await havePostgres(t)) {
  t.test('a damaged event is not carried over', async (t) => {
    const path = await writeLog(t, [newEvent(), newEvent({ data: '{"text":"<7>"}' })])
    overwrite(path, [placeOf(path, '"<7>"')], Buffer.alloc(4))
    const { url: to, schema } = await startPostgres(t)
    await t.rejects(moveLog({ from: `file:${path}`, to, schema }), {
      code: 'IEV_STORE_DAMAGED',
      message: /the text of the event at offset 2 is not JSON/
    })
  })

  t.test('a log is moved with all of its numbers, also when the move is interrupted again and again', async (t) => {
    const { path, from } = await source(t)
    const before = new SqliteStore({ path })
    const { id, head } = await before.log.range()
    await before.close()
    const { url: to, schema } = await startPostgres(t)
    const seen: string[] = []
    let result
    while (!result) {
      let pages = 0
      result = await moveLog({
        from,
        to,
        schema,
        progress({ what, done, of }) {
          seen.push(`${what} ${done} of ${of}`)
          if (++pages === 2) throw new Error('stopped')
        }
      }).catch((error: Error) => {
        if (error.message !== 'stopped') throw error
      })
    }
    t.strictSame(new Set(seen).size, seen.length, 'nothing was done twice')
    t.strictSame(seen.slice(-2), ['pending 2483 of 2483', 'deadLetters 17 of 17'])
    t.match(result, { already: false, counts: { instances: 5, selections: 6, events: 3_002, prunedTo: 1 } })
    t.strictSame(await moveLog({ from, to, schema }), { ...result, already: true })

    const sqlite = new SqliteStore({ path })
    t.after(() => sqlite.close())
    const node = await openNode(t, { url: to, schema })
    t.match(await node.log.commonWith(id), { upTo: head }, 'the same log, for clients that come back')
    const since = (await sqlite.log.range()).id
    t.match(
      await node.log.commonWith(since),
      { upTo: 0, isKnown: false },
      'what the file was given after the move is another one'
    )
    t.strictSame(await contents(node), await contents(sqlite))

    const [known, fresh] = await node.log.append([
      newEvent({ id: 'id 7', instance: 'gone' }),
      newEvent({ instance: 'new' })
    ])
    t.match(known, { offset: 9, duplicate: true })
    t.match(fresh, { offset: 3_005, duplicate: false })
    t.equal(node.instances.get('new')?.key, 7)
    const [lane] = await pendingLanes(node)
    const [event] = await node.deliveries.readLane(lane!, { ...EVERYTHING, maxBytes: 1 })
    await node.deliveries.bury({ ...lane!, offset: event!.offset }, FAILURE)
    t.equal((await node.deadLetters.count()).lastId, 21)
  })

  t.test('an empty log is moved too', async (t) => {
    const path = join(folder(t), 'events.db')
    await new SqliteStore({ path }).close()
    const { url: to, schema } = await startPostgres(t)
    t.match(await moveLog({ from: `file:${path}`, to, schema }), { counts: { events: 0, lastOffset: 0 } })
    const node = await openNode(t, { url: to, schema })
    t.match(await node.log.append([newEvent()]), [{ offset: 1 }])
    t.equal(node.instances.get('sales')?.key, 1)
  })

  t.test('a file in use, a changed source and a schema that holds another log are refused', async (t) => {
    const { path, from } = await source(t)
    const postgres = await startPostgres(t)
    const { schema, query } = postgres
    const move = { from, to: postgres.url, schema }
    const stop = () => {
      throw new Error('stopped')
    }

    const sqlite = new SqliteStore({ path })
    await t.rejects(moveLog(move), { code: 'IEV_STORE_LOCKED' })
    await sqlite.close()
    const node = await openNode(t, postgres)
    await t.rejects(moveLog(move), { code: 'IEV_STORE_UNUSABLE', message: /a server or another migration is using it/ })
    const waiting = t.rejects(moveLog(move), { message: /terminating connection/ })
    const end = `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND classid = ${lockSpace(schema)}`
    await until(async () => (await query(end)).length > 0)
    await waiting
    await node.log.append([newEvent()])
    await node.close()
    await t.rejects(moveLog(move), { message: /it holds a log already/ })

    await query(`DROP SCHEMA ${schema} CASCADE`)
    await t.rejects(moveLog({ ...move, progress: stop }), { message: 'stopped' })
    const changed = new SqliteStore({ path })
    await changed.deadLetters.discard({ after: 0, limit: 1 })
    await changed.close()
    await t.rejects(moveLog(move), { message: /this schema has changed since the last migration: drop the schema/ })

    await query(`DROP SCHEMA ${schema} CASCADE`)
    await t.rejects(moveLog({ ...move, progress: stop }), { message: 'stopped' })
    await query(`DELETE FROM ${schema}.events WHERE "offset" = 2`)
    const less = /its counts differ from those of the source \(events: 3001 instead of 3002\)/
    await t.rejects(moveLog(move), { code: 'IEV_STORE_UNUSABLE', message: less })
  })

  t.test('a schema on which a node ran during a move is refused', async (t) => {
    const { from } = await source(t)
    const postgres = await startPostgres(t)
    const move = { from, to: postgres.url, schema: postgres.schema }
    const stopped = moveLog({
      ...move,
      progress() {
        throw new Error('stopped')
      }
    })
    await t.rejects(stopped, { message: 'stopped' })
    const node = await openNode(t, postgres)
    t.match(await node.log.append([newEvent()]), [{ offset: 3_005 }], 'no offset is given twice')
    await node.close()
    await t.rejects(moveLog(move), { message: /has changed since the last migration/ })
  })

  t.test('a move needs an existing file and a PostgreSQL that answers', async (t) => {
    const { from } = await source(t)
    const to = 'postgres://root:secret@127.0.0.1:1/test'
    await t.rejects(moveLog({ from: 'file:/nowhere/events.db', to }), { message: /there is no such file/ })
    await t.rejects(moveLog({ from: ':memory:', to }), {
      code: 'IEV_STORE_UNSUPPORTED',
      message: /":memory:".*use file:<path> as the source/
    })
    await t.rejects(moveLog({ from, to: from }), {
      code: 'IEV_STORE_UNSUPPORTED',
      message: /use postgres:.* as the target/
    })
    const shown = /^The database URL "\w+:\/\/\*\*\*@127\.0\.0\.1:1\/test" is not supported/
    await t.rejects(moveLog({ from: to, to }), { message: shown }, 'without the password')
    await t.rejects(moveLog({ from, to: to.replace('postgres', 'mysql') }), { message: shown })
    const refusal = await moveLog({ from, to }).catch((error: Error) => error)
    t.match(refusal, { code: 'IEV_STORE_UNUSABLE', message: /postgres:\/\/127\.0\.0\.1:1\/test/ })
    t.notMatch(String(refusal), /secret/)
  })
}
