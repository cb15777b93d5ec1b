import t from 'tap'
import { API_KEY, build } from '../support/build.ts'
import type { Fault, ProxiedCall } from '../support/fault-proxy.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { until } from '../support/until.ts'

const HOUR_MS = 3_600_000
const QUARTER_MS = 900_000

function signedAt({ headers }: ProxiedCall): number {
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(String(headers['x-amz-date'])) as unknown as [string, string, string]
  const date = day.replace(/(....)(..)(..)/, '$1-$2-$3')
  return Date.parse(`${date}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`)
}

t.test('signatures follow the clock of AWS where this machine’s is fast or slow, also after a change', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const refused: string[] = []
  proxy.decide = (call): Fault => {
    if (Math.abs(signedAt(call) - proxy.now()) < QUARTER_MS) return undefined
    refused.push(call.action)
    return { status: 403, code: 'RequestExpired', message: 'Request has expired' }
  }
  const server = await build(t, { sqs: options })
  await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  for (const hours of [0, 1, -1, 0]) {
    proxy.now = () => Date.now() + hours * HOUR_MS
    for (const data of [`${hours} first`, `${hours} second`, `${hours} third`]) {
      await server.onInstanceEvent({ instance: 'mine', event: 'call', data })
      t.match(await sqs.bodies('mine_call.fifo', 1), [{ data }])
    }
  }
  t.ok(refused.length >= 3 && refused.length <= 9, `${refused.length} calls were refused`)
})

t.test('a clock that is set back an hour hides no outage, and the time of the fault follows it', async (t) => {
  const { proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] } } })
  const real = Date.now.bind(Date)
  t.equal((await server.inject('/ready')).statusCode, 200)
  t.intercept(Date, 'now', { value: () => real() - HOUR_MS, configurable: true, writable: true })
  proxy.decide = () => 'reset'
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  await until(async () => (await server.inject('/ready')).statusCode === 503)
  const headers = { apikey: API_KEY }
  const { faults } = (await server.inject({ url: '/overview', headers })).json<{ faults: { since?: string }[] }>()
  const fault = faults.find(({ since }) => since !== undefined)
  t.match(fault, { code: 'ECONNRESET', queue: 'global_call.fifo' })
  const age = Date.now() - Date.parse(String(fault?.since))
  t.ok(age >= 0 && age < 60_000, `${age} ms`)
})
