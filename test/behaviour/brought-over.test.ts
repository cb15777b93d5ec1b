import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { CALLER_ID } from '../../lib/events/event.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import { openStore } from '../../lib/store/open.ts'
import { API_KEY, folder, listen } from '../support/build.ts'
import { newEvent } from '../support/new-event.ts'
import { pendingLanes } from '../support/pending-lanes.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { client } from '../support/sockets.ts'
import { until } from '../support/until.ts'

const ALL = { after: 0, limit: 1_000, maxBytes: Infinity }
const fixture = (path: string) => gunzipSync(readFileSync(new URL(`../store/${path}`, import.meta.url)))

/** A log of the release before, made by its own code: the commit before eb533d4e. */
interface FormerLog {
  url: string
  log: string
  first: number
  head: number
}

function formerFile(t: Test): FormerLog {
  const path = join(folder(t), 'events.db')
  writeFileSync(path, fixture('sqlite/fifth-schema.db.gz'))
  return { url: `file:${path}`, log: 'fifth-schema-log', first: 4_001, head: 4_300 }
}

async function formerDatabase(t: Test) {
  const database = await startDatabase(t)
  await database.run(fixture('postgres/fifth-schema.sql.gz').toString())
  return { ...database, log: 'former-release-log', first: 21, head: 100 }
}

/** A socket that comes back with the offset and the log of before. */
async function resumes(t: Test, { url, log, first, head }: FormerLog): Promise<void> {
  const server = await listen(t, { sqs: false, eventLog: { url } })
  const { eventLog, websocket } = server.app
  await websocket.set('sales', { enabled: true })
  await eventLog.accept({ instance: 'sales', event: 'call', data: 'new' })
  const instanceKey = eventLog.store.instances.require('sales').key
  const since = first + 9
  const expected = await eventLog.store.log.read({ ...ALL, instanceKey, after: since })
  const { until } = client(t, `${server.url}/sales`, { auth: { apikey: API_KEY, offset: since, log } })
  const [resuming, ...others] = await until(expected.length + 2)
  t.match(resuming, { event: 'resuming', message: { offset: since } })
  t.match(others.pop(), { event: 'resumed', message: { from: since, to: head + 1, complete: true } })
  t.strictSame(
    others.map(({ message }) => message.offset),
    expected.map(({ offset }) => offset)
  )
}

t.test('SQLite: a socket resumes in a file of the release before', (t) => resumes(t, formerFile(t)))

if (await havePostgres(t)) {
  t.test('PostgreSQL: a socket resumes in a database of the release before', async (t) =>
    resumes(t, await formerDatabase(t))
  )

  /** All that a database of the release before has, as its own tables say. */
  const oldContents = async (url: string) => {
    const own = new Client(url)
    await own.connect()
    const all = async (text: string) => (await own.query<Record<string, unknown>>(text)).rows
    const contents = {
      events: await all('SELECT "offset"::int, id, data::text FROM instance_events.events ORDER BY 1'),
      pending: await all(`SELECT q.name AS queue, d.instance_key::int AS "instanceKey", d."offset"::int
        FROM instance_events.deliveries d JOIN instance_events.queues q ON q.key = d.queue_key ORDER BY 1, 2, 3`),
      letters: await all('SELECT id::int, "offset"::int, reason FROM instance_events.dead_letters ORDER BY 1')
    }
    await own.end()
    return contents
  }

  const contents = async (store: EventStore) => {
    const pending = []
    for (const lane of await pendingLanes(store))
      for (const { offset } of await store.deliveries.readLane(lane, ALL)) pending.push({ ...lane, offset })
    return {
      events: (await store.log.read(ALL)).map(({ offset, id, data }) => ({ offset, id, data })),
      pending: pending.sort((a, b) => a.queue.localeCompare(b.queue) || a.instanceKey - b.instanceKey),
      letters: (await store.deadLetters.read(ALL)).map(({ id, offset, reason }) => ({ id, offset, reason }))
    }
  }

  /** Its contents are there, and so are its instances, ids and log. */
  const isWhole = async (t: Test, { url, log, first, head }: FormerLog, before: object) => {
    const store = await openStore({ url })
    t.after(() => store.close())
    t.strictSame(await contents(store), before)
    t.match(await store.log.commonWith(log), { upTo: head, isKnown: true })
    t.match(await store.log.range(), { first, head, prunedTo: first - 1 })
    t.equal(store.instances.findByToken('token of sales')?.name, 'sales')
    const again = [
      newEvent({ id: 'own 40', flags: CALLER_ID }),
      newEvent({ id: 'own 25', instance: 'support', flags: CALLER_ID })
    ]
    t.match(await store.log.append(again), [
      { offset: 41, duplicate: true },
      { offset: 26, duplicate: true }
    ])
    await store.deadLetters.redrive(ALL)
    t.equal(store.deliveries.pendingCount(), 56)
  }

  t.test('PostgreSQL: a database of the release before has all that it had', async (t) => {
    const former = await formerDatabase(t)
    const before = await oldContents(former.url)
    t.same([before.events.length, before.pending.length, before.letters.length], [80, 53, 3])
    await isWhole(t, former, before)
  })

  t.test('PostgreSQL: bringing over goes on after the migration at which it was interrupted', async (t) => {
    const former = await formerDatabase(t)
    const before = await oldContents(former.url)
    const [own, holder] = [new Client(former.url), new Client(former.url)]
    for (const connection of [own, holder]) {
      await connection.connect()
      t.after(() => connection.end())
    }
    const value = async (text: string) => (await own.query<{ value: number }>(text)).rows[0]?.value as number
    await holder.query('BEGIN; LOCK TABLE instance_events.dead_letters')
    const refused = t.rejects(openStore({ url: former.url }), { code: 'IEV_STORE_UNUSABLE' })
    const waiting = "datname = current_database() AND wait_event_type = 'Lock'"
    await until(async () => (await value(`SELECT count(*)::int AS value FROM pg_stat_activity WHERE ${waiting}`)) > 0)
    const version = await value('SELECT version AS value FROM instance_events.schema_version')
    t.ok(version > 5, `it is at ${version}`)
    await own.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${waiting}`)
    await refused
    await holder.query('COMMIT')
    await isWhole(t, former, before)
  })
}
