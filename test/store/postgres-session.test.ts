import t from 'tap'
import { PostgresSession } from '../../lib/store/postgres-session.ts'
import { havePostgres, POSTGRES_URL } from '../support/postgres.ts'
import { Watch } from '../support/watch.ts'

if (await havePostgres(t)) {
  t.test('a query that fails ends the session, and with it what waits behind it; then there is another', async (t) => {
    const watch = new Watch()
    const log: string[] = []
    const note = (line: string) => {
      log.push(line)
      watch.changed()
    }
    const session = new PostgresSession({
      url: POSTGRES_URL,
      channel: 'no_schema_of_that_name',
      begin: { text: 'SELECT 1' },
      beat: { text: 'SELECT pg_backend_pid() AS pid' },
      beaten: ({ pid }) => note(`beat ${pid}`),
      notified: () => {},
      lost: () => note('lost'),
      back: () => note('back')
    })
    t.teardown(() => session.close())
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
    await watch.until(() => log.includes('back'))
    t.match(log, [/^beat/, 'lost', /^beat/, 'back'])
    t.not(log[0], log[2])

    const beats = log.length
    const beat = session.beat()
    await session.close()
    await beat
    t.equal(log.length, beats, 'who has closed it hears no more')
  })
}
