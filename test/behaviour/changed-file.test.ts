import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { API_KEY, build, folder } from '../support/build.ts'

const headers = { apikey: API_KEY }

t.test('a write-ahead log that another program cuts off refuses events, and shows wherever faults do', async (t) => {
  const path = join(folder(t), 'events.db')
  const app = await build(t, { eventLog: { url: `file:${path}` } })
  const post = () => app.inject({ method: 'POST', url: '/events/sales', headers, payload: { event: 'call', data: 1 } })
  t.equal((await post()).statusCode, 202)
  truncateSync(`${path}-wal`)
  const fault = {
    code: 'IEV_BACKPRESSURE',
    message: /events\.db-wal was shortened by another program: restart the server/
  }
  const refused = await post()
  t.match([refused.statusCode, refused.json()], [503, { code: fault.code, response: { message: [fault.message] } }])
  const ready = await app.inject('/ready')
  t.match([ready.statusCode, ready.json()], [503, { checks: { eventLog: { ok: false, ...fault } } }])
  const overview = await app.inject({ url: '/overview', headers })
  t.match(overview.json(), { totals: { refused: 1 }, faults: [{ component: 'eventLog', ...fault }] })
  t.match((await app.inject('/metrics')).body, /^iev_events_refused_total\{.*IEV_BACKPRESSURE.*\} 1$/m)
  const read = await app.inject({ url: '/events/sales', headers })
  t.not(read.statusCode, 500)
})
