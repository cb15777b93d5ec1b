import t from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import { systemClock, withoutFaketime } from '../support/faketime.ts'
import { refusal } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import { call, callsToSqs, startStandalone } from '../support/standalone.ts'
import { until } from '../support/until.ts'

t.test(
  'after the clock is set back, an address with wrong keys is blocked for a minute at most',
  { skip: withoutFaketime },
  async (t) => {
    const clock = systemClock(t)
    const env = {
      ...clock.env,
      AUTHENTICATION_API_KEY: API_KEY,
      SQS_ENABLED: 'false',
      WRONG_KEYS_PER_MINUTE: '1'
    }
    const { url } = await startStandalone(t, { cwd: folder(t), env: { ...env, DATABASE_URL: ':memory:' } })
    const attempt = (apikey: string) => refusal(t, `${url}/sales`, { auth: { apikey } })
    t.match(await attempt('a wrong key'), { code: 'IEV_WS_UNAUTHORIZED' })
    clock.set(-3_600)
    const { code, retryAfterMs = Infinity } = await attempt(API_KEY)
    t.equal(code, 'IEV_WS_RATE_LIMITED')
    t.ok(retryAfterMs <= 60_000, `${retryAfterMs} ms`)
  }
)

t.test(
  'after the clock is set back, readiness, ages and offsets are as before',
  { skip: withoutFaketime },
  async (t) => {
    const sqs = await startSqs(t)
    const clock = systemClock(t)
    const settings = callsToSqs({ database: 'file:./events.db', endpoint: sqs.options.endpoint })
    const { url } = await startStandalone(t, { cwd: folder(t), env: { ...settings, ...clock.env } })
    const send = () => call(`${url}/events/sales`, { method: 'POST', key: API_KEY, body: { event: 'call', data: 1 } })
    const overview = async () =>
      (await call(`${url}/overview`, { key: API_KEY })).body as {
        time: string
        pending: number
        oldestPendingAgeSeconds: number | null
        faults: { component: string }[]
      }
    t.equal((await send()).status, 202)
    await until(async () => (await overview()).pending === 0)
    t.equal((await call(`${url}/ready`)).status, 200)

    await sqs.server.stop()
    t.equal((await send()).status, 202)
    clock.set(-3_600)
    await until(async () => (await call(`${url}/ready`)).status === 503)
    t.ok(Date.parse((await overview()).time) < Date.now() - 3_000_000, 'the clock was set back')
    await until(async () => ((await overview()).oldestPendingAgeSeconds ?? 0) > 0.2)
    t.match(await send(), { status: 202, body: { offset: 3, duplicate: false } })
    t.match(await overview(), { pending: 2, faults: [{ component: 'sqs' }] })
    const log = await call(`${url}/events/sales`, { key: API_KEY })
    t.match(log.body, { events: [{ offset: 1 }, { offset: 2 }, { offset: 3 }] })
  }
)
