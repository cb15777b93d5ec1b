import t from 'tap'
import { nameOf } from '../../lib/store/postgres/migrate.ts'
import { PostgresStore } from '../../lib/store/postgres/store.ts'
import { tryDatabase } from '../../lib/store/try-database.ts'
import { tryPostgres } from '../../lib/store/postgres/try-database.ts'
import { havePostgres, openNode, POSTGRES_URL, startDatabase, startPostgres } from '../support/postgres.ts'

t.test('a PostgreSQL that does not answer is reported', async (t) => {
  t.match(await tryDatabase('postgres://127.0.0.1:1/test', '.'), { ok: false, message: /ECONNREFUSED/ })
})

t.test('no part of a password is in the name of a database, also if it is not escaped', async (t) => {
  for (const credentials of ['', 'events@', 'events:s3cret@', 'events:s3cr@et@', 'events:s3cr@et/pw@', 'events:12/et@'])
    t.equal(nameOf(`postgres://${credentials}db.example:5433/hub?sslmode=require`), 'postgres://db.example:5433/hub')
})

if (await havePostgres(t)) {
  t.test('a trial reads a schema and leaves it unchanged', async (t) => {
    const postgres = await startPostgres(t)
    const { url, schema, query } = postgres
    const there = async () => (await query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])).length
    t.match(await tryPostgres(url, schema), { ok: true, message: `the schema ${schema} will be created` })
    t.equal(await there(), 0)
    const node = await openNode(t, postgres)
    const { host, pathname } = new URL(url)
    t.match(await tryPostgres(url, schema), {
      ok: true,
      message: new RegExp(`^postgres://${host}${pathname} can be used$`)
    })
    await node.close()
    await query(`UPDATE ${schema}.schema_version SET version = 999`)
    await t.rejects(tryPostgres(url, schema), { code: 'IEV_STORE_NEWER_SCHEMA' })
    await query(`DELETE FROM ${schema}.schema_version`)
    t.match(await tryPostgres(url, schema), { ok: true })
  })

  t.test('a trial warns of settings that endanger the log', async (t) => {
    const { url } = await startDatabase(t)
    const risks = async (value: string) => {
      const set = new URL(url)
      set.searchParams.set('options', `-c synchronous_commit=${value}`)
      const { ok, warnings = [] } = await tryDatabase(set.href, '.')
      // PostgreSQL itself may run without fsync here.
      return { ok, warnings: warnings.filter((line) => line.startsWith('synchronous_commit')) }
    }
    t.strictSame(await risks('off'), {
      ok: true,
      warnings: [
        'synchronous_commit is off (source: client), so a crash of PostgreSQL loses events that were already answered with 202: set it to on'
      ]
    })
    t.strictSame(await risks('on'), { ok: true, warnings: [] })
  })

  t.test('a trial reports a user without the right to create the schema', async (t) => {
    const { url } = await startDatabase(t)
    t.match(await tryDatabase(url, '.'), { ok: true, message: /the schema instance_events will be created$/ })
    const { query, schema } = await startPostgres(t)
    const role = `${schema}_role`
    await query(`CREATE ROLE ${role} LOGIN PASSWORD 'theirs'`)
    t.after(() => query(`DROP ROLE ${role}`))
    const theirs = new URL(POSTGRES_URL)
    theirs.username = role
    theirs.password = 'theirs'
    t.match(await tryPostgres(theirs.href, schema), { ok: false, message: /this user may not create tables in schema/ })
    const denied = { code: 'IEV_STORE_UNUSABLE', message: /permission denied/ }
    await t.rejects(PostgresStore.open({ url: theirs.href, schema }), denied)
  })
}
