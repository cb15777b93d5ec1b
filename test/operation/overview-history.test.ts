import t from 'tap'
import type { FastifyInstance } from 'fastify'
import { OverviewHistory } from '../../lib/operation/overview-history.ts'
import { SAMPLE_MS } from '../../lib/store/sample-store.ts'
import type { OverviewHistoryReply } from '../../lib/schemas/overview.ts'
import { API_KEY, build } from '../support/build.ts'
import { missingPostgres, noPostgres, startDatabase } from '../support/postgres.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const event = { instance: 'sales', event: 'call', data: 1 }

t.test('a history has the rates between its samples, and those of an hour', async (t) => {
  const app = await build(t, { sqs: false })
  const history = new OverviewHistory({ eventLog: app.eventLog, node: 'one', sockets: () => 7 })
  let now = Date.parse('2026-01-31T12:00:00Z')
  t.intercept(Date, 'now', { value: () => now, configurable: true })
  const pass = async (seconds: number) => {
    now += seconds * 1_000
    await history.look()
  }
  await pass(0)
  await app.eventLog.accept(Array.from({ length: 20 }, () => event))
  await pass(10)
  const state = { pending: 0, oldestPendingAgeSeconds: null, deadLetters: 0, sockets: 7 }
  t.strictSame((await history.read()).samples, [
    { time: new Date('2026-01-31T12:00:00Z'), accepted: null, delivered: null, ...state },
    { time: new Date('2026-01-31T12:00:10Z'), accepted: 2, delivered: 0, ...state }
  ])
  await pass(-5)
  t.equal((await history.read()).samples.at(-1)?.accepted, null, 'a clock that was set back gives no rate')
  for (let n = 0; n < 400; n++) await pass(10)
  t.equal((await history.read()).samples.length, 360)
})

for (const websocket of [false, {}] as const) {
  t.test(
    `/overview/history has the samples of every ten seconds ${websocket ? 'with' : 'without'} sockets`,
    async (t) => {
      const { setTimeout } = globalThis
      const hurried = (work: () => void, ms: number, ...rest: unknown[]) =>
        setTimeout(work, ms === SAMPLE_MS ? 0 : ms, ...(rest as []))
      const timers = t.intercept(globalThis, 'setTimeout', { value: hurried, configurable: true })
      const app: FastifyInstance = await build(t, { sqs: false, websocket })
      const read = async (apikey = API_KEY) => {
        const reply = await app.inject({ url: '/overview/history', headers: { apikey } })
        return { status: reply.statusCode, ...reply.json<OverviewHistoryReply>() }
      }
      await until(async () => (await read()).samples.length > 1)
      timers.restore()
      const { time, samples } = await read()
      t.match(samples[0], { time: /Z$/, accepted: null, pending: 0, sockets: 0 })
      t.match(samples.at(-1), { accepted: 0, delivered: 0 })
      t.ok(time >= (samples.at(-1)?.time ?? ''))
      await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
      t.equal((await read('token-of-sales')).status, 401)
    }
  )
}

const why = await missingPostgres()
const skip = why !== undefined && noPostgres(why)
t.test('on PostgreSQL, any node answers with the sums of all, also one that has just started', { skip }, async (t) => {
  const { url } = await startDatabase(t)
  const sqs = await startSqs(t)
  const start = () => build(t, { eventLog: { url }, sqs: { ...sqs.options, global: { events: ['CALL'] } } })
  const [a, b] = await Promise.all([start(), start()])
  // In one part, so that no other falls between their samples.
  await a.eventLog.store.samples?.read()
  const historyOf = (app: FastifyInstance, node: string, sockets: number) =>
    new OverviewHistory({ eventLog: app.eventLog, node, sockets: () => sockets })
  const [first, second] = [historyOf(a, 'a', 3), historyOf(b, 'b', 4)]
  await first.look()
  await second.look()
  await a.eventLog.accept(Array.from({ length: 20 }, () => event))
  await until(() => a.eventLog.metrics.delivered.total + b.eventLog.metrics.delivered.total === 20)
  await first.look()
  await second.look()
  const fresh = await start()
  for (const app of [a, b, fresh]) {
    const reply = await app.inject({ url: '/overview/history', headers: { apikey: API_KEY } })
    const { samples } = reply.json<OverviewHistoryReply>()
    const last = samples.at(-1)
    t.match(last, { sockets: 7, deadLetters: 0 })
    t.ok((last?.accepted as number) > 0)
    t.ok((last?.delivered as number) > 0)
  }
})
