import { POSTGRES_VERSION } from '../../../lib/store/postgres/migrations.ts'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { LOCKS, lockSpace } from '../../../lib/store/postgres/locks.ts'
import { openStore } from '../../../lib/store/open.ts'
import { PostgresStore, type PostgresStoreOptions } from '../../../lib/store/postgres/store.ts'
import { CALLER_ID } from '../../../lib/events/event.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { havePostgres, openNode, startPostgres, startPostgresProxy, type TestPostgres } from '../../support/postgres.ts'
import { RecordingSubscriber, RecordingWatcher } from '../../support/recorders.ts'
import { until } from '../../support/until.ts'

const ALL = { after: 0, limit: 100 }

/** A node behind a proxy that can be cut. */
async function openBehindProxy(t: Test, options: Partial<PostgresStoreOptions> = {}) {
  const postgres = await startPostgres(t)
  const { proxy, url, target } = await startPostgresProxy(t)
  const store = await openNode(t, { ...postgres, url }, options)
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const nowhere = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`
  closed.close()
  const cut = () => {
    proxy.target = nowhere
    proxy.drop(() => true)
  }
  const mend = () => {
    proxy.target = target
  }
  return { postgres, store, cut, mend }
}

/** Makes appends wait in their transaction. @returns how to terminate the waiting connections, and how to release them */
async function holdAppends({ query, schema }: TestPostgres) {
  const lock = [lockSpace(schema), LOCKS.append]
  await query('SELECT pg_advisory_lock($1, $2)', lock)
  const waiting = () =>
    query(`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND NOT granted`, lock)
  return {
    waiting: () => until(async () => (await waiting()).length > 0),
    terminate: async () => {
      for (const { pid } of await waiting()) await query('SELECT pg_terminate_backend($1)', [pid])
    },
    release: () => query('SELECT pg_advisory_unlock($1, $2)', lock)
  }
}

if (await havePostgres(t)) {
  t.test('an append lock that another session keeps and a lost session are faults', async (t) => {
    const postgres = await startPostgres(t)
    const store = await openNode(t, postgres)
    const { release } = await holdAppends(postgres)
    await t.rejects(store.check(), { code: 'IEV_BACKPRESSURE', message: /another session holds a lock/ })
    await release()
    await t.resolves(store.check())
    await postgres.query('SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = $1 AND classid = $2', [
      LOCKS.nodes,
      lockSpace(postgres.schema)
    ])
    await until(() => store.status().connected === false)
    await t.rejects(store.check(), { code: 'IEV_BACKPRESSURE', message: /session that holds the locks is lost/ })
    await until(() => store.status().connected)
    await t.resolves(store.check())
  })

  t.test('an append whose connection breaks is written once, and does not count as a duplicate', async (t) => {
    const postgres = await startPostgres(t)
    const store = await openNode(t, postgres)
    const follower = new RecordingSubscriber()
    store.log.tail(follower)
    await store.log.append(newEvents(1))
    const { waiting, terminate, release } = await holdAppends(postgres)
    const appended = store.log.append([newEvent({ id: 'a', queues: ['q'] }), newEvent({ id: 'b', queues: ['q'] })])
    await waiting()
    await terminate()
    // The second try waits.
    await waiting()
    await release()
    t.match(await appended, [
      { id: 'a', offset: 2, duplicate: false },
      { id: 'b', offset: 3, duplicate: false }
    ])
    t.equal(store.deliveries.pendingCount(), 2)
    await follower.reached(3)
    t.strictSame(follower.offsets, [1, 2, 3])
  })

  t.test('an append that was written before its connection broke resolves with those offsets', async (t) => {
    const postgres = await startPostgres(t)
    const store = await openNode(t, postgres)
    const follower = new RecordingSubscriber()
    store.log.tail(follower)
    const { waiting, terminate, release } = await holdAppends(postgres)
    const appended = store.log.append([
      newEvent({ id: 'ours', queues: ['q'] }),
      newEvent({ id: 'theirs', flags: CALLER_ID, queues: ['q'] }),
      newEvent({ id: 'new' })
    ])
    await waiting()
    await terminate()
    await waiting()
    // The rows of the first try, as if it had been committed.
    await postgres.query(`SELECT ${postgres.schema}.append(0,
      '{sales}', '{1,1}', '{ours,theirs}', '{call,call}', '{0,4}', '{1,1}', '{"",""}', '{"",""}', '{1,1}', '{q}', '{1,2}', '{1,1}')`)
    await release()
    t.strictSame(await appended, [
      { id: 'ours', offset: 1, duplicate: false },
      { id: 'theirs', offset: 2, duplicate: true },
      { id: 'new', offset: 3, duplicate: false }
    ])
    await follower.reached(3)
    t.strictSame(follower.offsets, [1, 2, 3])
    await until(() => store.deliveries.pendingCount() === 2)
  })

  t.test('without PostgreSQL every call is refused in time, and all works again when it is back', async (t) => {
    const connections: (string | undefined)[] = []
    const commits: number[] = []
    const { store, cut, mend } = await openBehindProxy(t, {
      retryMs: 200,
      onConnection: (error) => connections.push(error?.message),
      onCommit: ({ operations }) => commits.push(operations)
    })
    const follower = new RecordingSubscriber()
    const watcher = new RecordingWatcher()
    store.log.tail(follower)
    await store.deliveries.watch(watcher)
    await store.log.append([newEvent({ queues: ['a'] })])
    t.strictSame(commits, [1])

    cut()
    const refused = { code: 'IEV_BACKPRESSURE', statusCode: 503 }
    const { key } = store.instances.require('sales')
    await t.rejects(store.log.append([newEvent({ queues: ['a'] })]), refused)
    await t.rejects(store.log.read(ALL), refused)
    await t.rejects(store.check(), refused)
    await t.rejects(store.instances.create({ name: 'new', token: 'secret-1' }), refused)
    await t.rejects(store.deliveries.acknowledge([{ queue: 'a', instanceKey: key, offset: 1 }]), refused)
    await until(() => !store.status().connected && watcher.lost.length > 0)
    await t.rejects(store.deliveries.watch(new RecordingWatcher()), refused)
    t.equal(store.deliveries.pendingCount(), 1)
    t.notOk(store.deliveries.maySend(key))

    mend()
    await until(() => store.status().connected && store.deliveries.maySend(key))
    await store.log.append([newEvent({ queues: ['a'] })])
    await follower.reached(2)
    t.strictSame(follower.offsets, [1, 2])
    await t.resolves(store.check())
    t.match(connections[0], /./)
    await until(() => connections.at(-1) === undefined)
    await until(() => store.deliveries.pendingCount() === 2)
  })

  t.test('a change of an instance whose connection breaks is refused', async (t) => {
    const { query, schema, ...postgres } = await startPostgres(t)
    const store = await openNode(t, { schema, ...postgres })
    await query(`BEGIN; LOCK TABLE ${schema}.counters IN EXCLUSIVE MODE`)
    const create = () => store.instances.create({ name: 'sales', token: 'secret-1' })
    const refused = t.rejects(create(), { code: 'IEV_BACKPRESSURE' })
    const waiting = `SELECT pid FROM pg_locks WHERE NOT granted AND relation = '${schema}.counters'::regclass`
    await until(async () => (await query(waiting)).length > 0)
    await query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) w`)
    await query('COMMIT')
    await refused
    t.equal((await create()).name, 'sales')
  })

  t.test('an append waits for a PostgreSQL that is back soon', async (t) => {
    const { store, cut, mend } = await openBehindProxy(t)
    cut()
    const appended = store.log.append(newEvents(1))
    await until(() => !store.status().connected)
    mend()
    t.match(await appended, [{ offset: 1, duplicate: false }])
  })

  t.test('a store closes while PostgreSQL is away', async (t) => {
    const { store, cut } = await openBehindProxy(t)
    await store.deliveries.watch(new RecordingWatcher())
    store.log.tail(new RecordingSubscriber())
    cut()
    await until(() => !store.status().connected)
    await t.resolves(store.close())
  })

  t.test('a database that cannot be used is named, without its password', async (t) => {
    const { url, schema, query } = await startPostgres(t)
    const wrong = new URL(url)
    wrong.port = '1'
    wrong.password = 'secret'
    const thrown = await t.rejects(PostgresStore.open({ url: wrong.href }), { code: 'IEV_STORE_UNUSABLE' })
    t.notMatch(String(thrown), /secret/)

    const store = await openStore({ url, schema })
    await store.close()
    await query(`UPDATE ${schema}.schema_version SET version = 100`)
    await t.rejects(PostgresStore.open({ url, schema }), { code: 'IEV_STORE_NEWER_SCHEMA', message: /version 100/ })
    await query(`UPDATE ${schema}.schema_version SET version = ${POSTGRES_VERSION}`)
    await query(`DROP TABLE ${schema}.instances CASCADE`)
    await t.rejects(PostgresStore.open({ url, schema }), { code: '42P01' }, 'a schema that somebody has broken')
  })

  t.test('a schema that an administrator has created is used', async (t) => {
    const postgres = await startPostgres(t)
    await postgres.query(`CREATE SCHEMA ${postgres.schema}`)
    const store = await openNode(t, postgres)
    await t.resolves(store.log.append(newEvents(1)))
  })
}
