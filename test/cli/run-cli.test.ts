import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCli } from '../../lib/cli/run-cli.ts'
import { SqliteStore } from '../../lib/store/sqlite.ts'
import { folder } from '../support/build.ts'
import { newEvents } from '../support/new-event.ts'
import { havePostgres, startPostgres } from '../support/postgres.ts'

const BIN = fileURLToPath(new URL('../../lib/cli/fastify-instance-events.ts', import.meta.url))

/** @returns the exit code, and what was printed where */
async function cli(args: string[], context: { schema?: string } = {}) {
  const out: string[] = []
  const errors: string[] = []
  const code = await runCli(args, { ...context, out: (line) => out.push(line), error: (line) => errors.push(line) })
  return { code, out: out.join('\n'), error: errors.join('\n') }
}

t.test('what is not called as it should be says how', async (t) => {
  for (const args of [
    [],
    ['help'],
    ['migrate'],
    ['migrate', '--from', 'file:x'],
    ['migrate', '--to', 'postgres://x/y']
  ]) {
    t.match(
      await cli(args),
      { code: 2, out: '', error: /^Usage: fastify-instance-events migrate --from/ },
      args.join(' ')
    )
  }
  t.match(await cli(['migrate', '--form', 'file:x']), { code: 2, error: /'--form'[^]+Usage/ })
  const process = await new Promise<[number | undefined, string]>((resolve) => {
    const child = execFile(globalThis.process.execPath, [BIN], (_error, _out, error) =>
      resolve([child.exitCode ?? 0, error])
    )
  })
  t.match(process, [2, /^Usage/])
})

t.test('what cannot be migrated says why, and that it may be tried again', async (t) => {
  const nowhere = ['migrate', '--from', 'file:/nowhere/events.db', '--to', 'postgres://127.0.0.1:1/test']
  const { code, error } = await cli(nowhere)
  t.equal(code, 1)
  t.match(
    error,
    /^The database \/nowhere\/events\.db cannot be used: there is no such file\n.*run the same command again/
  )
})

if (await havePostgres(t)) {
  t.test('a migration says how far it is, and what was counted', async (t) => {
    const path = join(folder(t), 'events.db')
    const store = new SqliteStore({ path })
    await store.append(newEvents(2_500, { queues: ['global_call.fifo'] }))
    await store.close()
    const { url, schema } = await startPostgres(t)
    const args = ['migrate', '--from', `file:${path}`, '--to', url]
    const first = await cli(args, { schema })
    t.match(first, { code: 0, error: '' })
    t.match(
      first.out,
      /^events: 2,500 of 2,500\npending deliveries: 2,500 of 2,500\nMigrated, and counted on both sides:/
    )
    t.match(first.out, /^ {2}lastOffset {2}2,500$/m)
    t.match(await cli(args, { schema }), { code: 0, out: /^It was migrated already/ })
    const errors: string[] = []
    const out = () => {
      throw new Error('nobody listens')
    }
    t.equal(await runCli(args, { schema, out, error: (line) => errors.push(line) }), 1)
    t.match(errors[0], /^Error: nobody listens\n +at /, 'a fault has its stack')
  })

  t.test('what PostgreSQL says is passed on', async (t) => {
    const path = join(folder(t), 'events.db')
    await new SqliteStore({ path }).close()
    const { url, schema, query } = await startPostgres(t)
    const args = ['migrate', '--from', `file:${path}`, '--to', url]
    await query(`CREATE SCHEMA ${schema}`)
    await query(`CREATE VIEW ${schema}.migrated_from AS SELECT 'x' AS fingerprint`)
    t.match(await cli(args, { schema }), { code: 1, error: /has changed since/ })
    await query(`DROP VIEW ${schema}.migrated_from; CREATE TABLE ${schema}.migrated_from (n integer)`)
    t.match(await cli(args, { schema }), { code: 1, error: /more expressions than target columns[^]+not migrated/ })
  })
}
