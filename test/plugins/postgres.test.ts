import t from 'tap'
import app from '../../app.ts'
import eventLog from '../../plugins/event-log.ts'
import { API_KEY, bare } from '../support/build.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { until } from '../support/until.ts'

if (await havePostgres(t)) {
  t.test('an event log on PostgreSQL shows its limit, and logs that its connection is lost and back', async (t) => {
    const { url, terminate } = await startDatabase(t)
    const lines: { level: number; msg: string }[] = []
    const server = bare(t, { logger: { stream: { write: (line) => void lines.push(JSON.parse(line)) } } })
    await server.register(app, {
      apiKey: API_KEY,
      docs: false,
      sqs: false,
      eventLog: { url, maxPendingDeliveries: 7 }
    })
    await server.ready()
    const overview = await server.inject({ url: '/overview', headers: { apikey: API_KEY } })
    t.match(overview.json(), { maxPending: 7 })

    const about = () =>
      lines.filter(({ msg }) => msg.startsWith('PostgreSQL is ')).map(({ level, msg }) => [level, msg])
    t.ok((await terminate()) > 0)
    await until(() => about().length === 2)
    t.strictSame(about(), [
      [40, 'PostgreSQL is not available: events are refused until it is back'],
      [30, 'PostgreSQL is available again']
    ])
    await server.close()
  })

  t.test('a start warns of settings of PostgreSQL that endanger the log', async (t) => {
    const { url, query } = await startDatabase(t)
    const plain = new URL(url)
    plain.searchParams.delete('options')
    const warnings = async (value: string) => {
      await query(`ALTER DATABASE ${plain.pathname.slice(1)} SET synchronous_commit = ${value}`)
      const lines: { level: number; msg: string }[] = []
      const server = bare(t, { logger: { stream: { write: (line) => void lines.push(JSON.parse(line)) } } })
      await server.register(eventLog, { url: plain.href })
      await server.close()
      return lines
        .filter(({ msg }) => msg.startsWith('PostgreSQL: synchronous_commit'))
        .map(({ level, msg }) => [level, msg])
    }
    t.strictSame(await warnings('local'), [])
    t.strictSame(await warnings('off'), [
      [
        40,
        'PostgreSQL: synchronous_commit is off (source: database), so a crash of PostgreSQL loses events that were already answered with 202: set it to on'
      ]
    ])
  })
}
