import { join } from 'node:path'
import t from 'tap'
import { Interrupted } from '../../lib/cli/failure.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { folder } from '../support/build.ts'
import { cli } from '../support/cli.ts'
import { newEvents } from '../support/new-event.ts'
import { havePostgres, startPostgres } from '../support/postgres.ts'

t.test('wrong usage prints the usage', async (t) => {
  const wrong = [[], ['--from', 'file:x'], ['--to', 'postgres://x/y']]
  const error = /^error: required option '--\w+ <url>'[^]+Usage: fastify-instance-events migrate --from/
  t.match(
    await Promise.all(wrong.map((args) => cli(['migrate', ...args]))),
    wrong.map(() => ({ code: 2, out: '', error }))
  )
  t.match(await cli(['migrate', '--form', 'file:x']), { code: 2, error: /'--form'[^]+Usage/ })
})

t.test('a failed migration prints the reason, and that the command can be repeated', async (t) => {
  const nowhere = ['migrate', '--from', 'file:/nowhere/events.db', '--to', 'postgres://127.0.0.1:1/test']
  const { code, error } = await cli(nowhere)
  t.equal(code, 1)
  t.match(
    error,
    /^The database \/nowhere\/events\.db cannot be used: there is no such file\n.*run the same command again/
  )
})

if (await havePostgres(t)) {
  t.test('a migration prints its progress and the counts', async (t) => {
    const path = join(folder(t), 'events.db')
    const store = new SqliteStore({ path })
    await store.log.append(newEvents(2_500, { queues: ['global_call.fifo'] }))
    await store.close()
    const { url, schema } = await startPostgres(t)
    const args = ['migrate', '--from', `file:${path}`, '--to', url]
    const first = await cli(args, { schema })
    t.match(first, { code: 0, error: '' })
    t.match(
      first.out,
      // A slow machine prints more progress.
      /^events: 2,500 of 2,500\n(pending deliveries: [12].*\n)*pending deliveries: 2,500 of 2,500\nMigrated; the counts of both databases match:/m
    )
    t.match(first.out, /^ {2}lastOffset {2}2,500$/m)
    t.match(await cli(args, { schema }), { code: 0, out: /^Already migrated:/ })
    const out = () => {
      throw new Error('nobody listens')
    }
    t.match(
      await cli(args, { schema, out }),
      { code: 1, error: /^Error: nobody listens\n +at / },
      'an unexpected error is printed with its stack'
    )
  })

  t.test('an interrupted migration prints that the same command continues it', async (t) => {
    const path = join(folder(t), 'events.db')
    const store = new SqliteStore({ path })
    await store.log.append(newEvents(2_500))
    await store.close()
    const { url, schema } = await startPostgres(t)
    const args = ['migrate', '--from', `file:${path}`, '--to', url]
    const signal = AbortSignal.abort(new Interrupted(130))
    t.match(await cli(args, { schema, signal }), {
      code: 130,
      out: '',
      error: /^Not migrated.*run the same command again/
    })
    t.match(await cli(args, { schema }), { code: 0, out: /^ {2}events {6}2,500$/m })
  })

  t.test('errors of PostgreSQL are printed', async (t) => {
    const path = join(folder(t), 'events.db')
    await new SqliteStore({ path }).close()
    const { url, schema, query } = await startPostgres(t)
    const args = ['migrate', '--from', `file:${path}`, '--to', url]
    await query(`CREATE SCHEMA ${schema}`)
    await query(`CREATE VIEW ${schema}.migrated_from AS SELECT 'x' AS fingerprint`)
    t.match(await cli(args, { schema }), { code: 1, error: /has changed since the last migration/ })
    await query(`DROP VIEW ${schema}.migrated_from; CREATE TABLE ${schema}.migrated_from (n integer)`)
    t.match(await cli(args, { schema }), { code: 1, error: /more expressions than target columns[^]+Not migrated/ })
  })
}
