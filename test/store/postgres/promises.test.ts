import t, { type Test } from 'tap'
import { PostgresStore } from '../../../lib/store/postgres/store.ts'
import { brokenPromise } from '../../../lib/store/postgres/promises.ts'
import { tryDatabase } from '../../../lib/store/try-database.ts'
import { newEvent } from '../../support/new-event.ts'
import { startPgBouncer } from '../../support/pgbouncer.ts'
import { havePostgres, openNode, POSTGRES_URL, startDatabase, startPostgres } from '../../support/postgres.ts'
import { haveProgram } from '../../support/programs.ts'
import { RecordingWatcher } from '../../support/recorders.ts'
import { until } from '../../support/until.ts'

// Each test has a database of its own, and mostly waits.
t.jobs = 4

/** PostgreSQL with some of its functions replaced, as a database that only speaks its protocol may have them. */
async function withFunctions(t: Test, ...functions: string[]): Promise<string> {
  const { schema, query } = await startPostgres(t)
  await query(`CREATE SCHEMA ${schema}`)
  for (const body of functions) await query(`CREATE FUNCTION ${schema}.${body}`)
  const url = new URL(POSTGRES_URL)
  url.searchParams.set('options', `-c search_path=${schema},pg_catalog`)
  return url.href
}

if (await havePostgres(t)) {
  t.test('a direct connection to PostgreSQL is accepted', async (t) => {
    t.equal(await brokenPromise(POSTGRES_URL), undefined)
  })

  t.test('a database whose encoding lacks characters is refused at start and by check-config', async (t) => {
    const { url } = await startDatabase(t, "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    await t.rejects(PostgresStore.open({ url }), {
      code: 'IEV_STORE_UNUSABLE',
      message: /^The database postgres:\/\/[^@]+ cannot be used: its encoding is LATIN1, .* ENCODING 'UTF8'$/
    })
    t.match(await tryDatabase(url, '.'), { ok: false, message: /encoding is LATIN1/ })
  })

  t.test('a refusal names what a database lacks, and the remedy', async (t) => {
    const old = `current_setting(name text) RETURNS text LANGUAGE sql
      RETURN CASE name WHEN 'server_version_num' THEN '130004' ELSE pg_catalog.current_setting(name) END`
    const cases: [string, string[]][] = [
      ['PostgreSQL 14 or newer is needed', [old]],
      ['it is a read-only standby: connect to the primary', ['pg_is_in_recovery() RETURNS boolean RETURN true']],
      [
        'advisory locks do not exclude other sessions',
        ['pg_try_advisory_lock(a int, b int) RETURNS boolean RETURN true']
      ],
      [
        'not support sessions, advisory locks and LISTEN as PostgreSQL does: none here',
        [`pg_advisory_lock(a int, b int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE 'none here'; END $$`]
      ],
      [
        'switches connections between transactions or statements',
        ['pg_backend_pid() RETURNS int LANGUAGE sql RETURN (random() * 1000000000)::int']
      ],
      [
        'switches connections between transactions or statements',
        [
          `pg_backend_pid() RETURNS int LANGUAGE plpgsql
            AS $$ BEGIN RAISE 'transaction blocks not allowed in statement pooling mode'; END $$`
        ]
      ],
      [
        'the connection pooler allows no second connection',
        [`pg_backend_pid() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.pg_sleep(4); RETURN 1; END $$`]
      ],
      ['NOTIFY do not reach the sessions', ['pg_notify(a text, b text) RETURNS void RETURN NULL']]
    ]
    const broken = cases.map(async ([, functions]) => brokenPromise(await withFunctions(t, ...functions)))
    t.match(
      await Promise.all(broken),
      cases.map(([reason]) => reason)
    )
    const full = `pg_advisory_lock(a int, b int) RETURNS void LANGUAGE plpgsql
      AS $$ BEGIN RAISE 'too many' USING ERRCODE = '53300'; END $$`
    await t.rejects(brokenPromise(await withFunctions(t, full)), { message: 'too many' }, 'what passes is no reason')
    const readOnly = new URL(POSTGRES_URL)
    readOnly.searchParams.set('options', '-c default_transaction_read_only=on')
    t.match(await brokenPromise(readOnly.href), 'read-only (default_transaction_read_only): connect to the primary')
  })

  t.test('a read-only database is a fault until it can be written again', async (t) => {
    const { url, query, terminate } = await startDatabase(t)
    const store = await openNode(t, { url, schema: 'instance_events' }, { retryMs: 500 })
    await query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_read_only = on`)
    await terminate()
    const refused = { code: 'IEV_BACKPRESSURE', message: /read-only transaction/ }
    await until(() => store.status().connected)
    await t.rejects(store.log.append([newEvent()]), refused)
    await t.rejects(store.check(), refused)
    await query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} RESET default_transaction_read_only`)
    // A refused connection is replaced; other connections of the pool may still be read-only.
    await until(() =>
      store.check().then(
        () => true,
        () => false
      )
    )
    await t.resolves(store.log.append([newEvent()]))
  })

  t.test('poolers with sessions are accepted, others refused', async (t) => {
    if (!haveProgram(t, 'pgbouncer')) return
    t.jobs = 4
    for (const mode of ['transaction', 'statement'] as const) {
      t.test(`a pooler in ${mode} mode is refused, however many connections it has`, async (t) => {
        for (const size of [2, 30]) {
          const url = await startPgBouncer(t, { mode, size })
          await t.rejects(PostgresStore.open({ url, schema: 'never' }), {
            code: 'IEV_STORE_UNUSABLE',
            message: /a connection pooler switches connections between transactions.*pool_mode = session/
          })
          t.match(await tryDatabase(url, '.'), { ok: false, message: /pool_mode = session/ })
        }
      })
    }

    t.test('a pooler with too few connections is refused', async (t) => {
      const url = await startPgBouncer(t, { mode: 'session', size: 1 })
      t.match(await brokenPromise(url), /the connection pooler allows no second connection: increase its pool size/)
    })

    t.test('two nodes behind a pooler in session mode each send their half', async (t) => {
      const { schema } = await startPostgres(t)
      const url = await startPgBouncer(t, { mode: 'session' })
      const nodes = [await openNode(t, { url, schema }), await openNode(t, { url, schema })]
      for (const node of nodes) await node.deliveries.watch(new RecordingWatcher())
      await until(() => nodes.every((node) => node.status().partitions === 128 && node.status().nodes === 2))
      t.pass('each knows of two nodes')
    })
  })
}

t.test('a PostgreSQL that does not answer is reported', async (t) => {
  await t.rejects(brokenPromise('postgres://127.0.0.1:1/test'), { code: 'ECONNREFUSED' })
})
