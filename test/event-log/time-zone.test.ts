// Before anything reads the clock. Each test file is a process of its own.
process.env.TZ = 'America/Sao_Paulo'

import t from 'tap'
import { build } from '../support/build.ts'

t.test('a dateTime without a zone is UTC, on a machine in another time zone', async (t) => {
  t.equal(new Date('2026-01-31T12:00:00').toISOString(), '2026-01-31T15:00:00.000Z', 'the machine is not')
  const server = await build(t, { sqs: false })
  const given = [
    '2026-01-31T12:00',
    '2026-01-31T12:00:00',
    '2026-01-31T12:00:00,5',
    '2026-01-31',
    '2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00-03:00'
  ]
  await server.onInstanceEvent(given.map((dateTime) => ({ instance: 'sales', event: 'call', data: 1, dateTime })))
  const events = await server.eventLog.store.log.read({ after: 0, limit: 10 })
  t.strictSame(
    events.map(({ envelope }) => (JSON.parse(`{${envelope}}`) as { date_time: string }).date_time),
    [
      '2026-01-31T12:00:00.000Z',
      '2026-01-31T12:00:00.000Z',
      '2026-01-31T12:00:00.500Z',
      '2026-01-31T00:00:00.000Z',
      '2026-01-31T12:00:00.000Z',
      '2026-01-31T15:00:00.000Z'
    ]
  )
})
