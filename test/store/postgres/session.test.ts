import t, { type Test } from 'tap'
import { PostgresSession } from '../../../lib/store/postgres/session.ts'
import { havePostgres, POSTGRES_URL, startPostgresProxy } from '../../support/postgres.ts'
import { Watch } from '../../support/watch.ts'

/** A session that records its callbacks. */
function makeSession(t: Test, url: string) {
  const watch = new Watch()
  const log: string[] = []
  const note = (line: string) => {
    log.push(line)
    watch.changed()
  }
  const session = new PostgresSession({
    url,
    channel: 'no_schema_of_that_name',
    begin: { text: 'SELECT 1' },
    beat: { text: 'SELECT pg_backend_pid() AS pid' },
    beaten: ({ pid }) => note(`beat ${pid}`),
    notified: () => {},
    lost: () => note('lost'),
    back: () => note('back')
  })
  t.after(() => session.close())
  return { session, log, back: () => watch.until(() => log.includes('back')) }
}

if (await havePostgres(t)) {
  t.test('a query that fails ends its session and the queries behind it, and another session is opened', async (t) => {
    const { session, log, back } = makeSession(t, POSTGRES_URL)
    t.notOk(session.alive)
    await session.start()
    t.ok(session.alive)
    const results = await Promise.allSettled([
      session.query({ text: 'SELECT 1 / 0' }),
      session.query({ text: 'SELECT 1' })
    ])
    t.match(results, [
      { status: 'rejected', reason: { code: '22012' } },
      { status: 'rejected', reason: { message: /lost/ } }
    ])
    t.notOk(session.connected)
    await t.rejects(session.query({ text: 'SELECT 1' }), { message: /lost/ })
    await back()
    t.match(log, [/^beat/, 'lost', /^beat/, 'back'])
    t.not(log[0], log[2])
  })

  t.test('a connection that breaks during a query is reported lost once', async (t) => {
    const { proxy, url } = await startPostgresProxy(t)
    const { session, log, back } = makeSession(t, url)
    await session.start()
    const query = session.query({ text: 'SELECT pg_sleep(1)' })
    proxy.drop(() => true)
    await t.rejects(query)
    await back()
    t.match(log, [/^beat/, 'lost', /^beat/, 'back'])
  })

  t.test('a closed session calls nothing back', async (t) => {
    const { session, log } = makeSession(t, POSTGRES_URL)
    await session.start()
    const beat = session.beat()
    await session.close()
    await beat
    t.equal(log.length, 1)
    await t.resolves(session.close())
  })

  t.test('a query that fails while the session closes is not a loss', async (t) => {
    const { session, log } = makeSession(t, POSTGRES_URL)
    await session.start()
    const query = session.query({ text: 'SELECT 1 / 0' })
    const closed = session.close()
    await t.rejects(query, { code: '22012' })
    await closed
    t.match(log, [/^beat/])
    t.equal(log.length, 1)
  })
}
