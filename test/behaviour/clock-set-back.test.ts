import t from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import { systemClock, withoutFaketime } from '../support/faketime.ts'
import { refusal } from '../support/sockets.ts'
import { startStandalone } from '../support/standalone.ts'

t.test(
  'an address that is blocked for wrong keys is blocked for a minute at the most, though the clock is set back',
  {
    skip: withoutFaketime
  },
  async (t) => {
    const clock = systemClock(t)
    const env = {
      ...clock.env,
      AUTHENTICATION_API_KEY: API_KEY,
      SQS_ENABLED: 'false',
      WEBSOCKET_WRONG_KEYS_PER_MINUTE: '1'
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
