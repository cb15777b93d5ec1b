import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import { startSqs } from '../support/sqs.ts'
import { call, callsToSqs, startStandalone } from '../support/standalone.ts'
import { until } from '../support/until.ts'

const [faketime] = globSync('/usr/lib/*/faketime/libfaketime.so.1')

t.test(
  'a clock set back an hour: health, ages and retention go on',
  { skip: !faketime && 'no libfaketime' },
  async (t) => {
    const sqs = await startSqs(t)
    const cwd = folder(t)
    const clock = join(cwd, 'clock')
    writeFileSync(clock, '+0')
    const server = await startStandalone(t, {
      cwd,
      env: {
        ...callsToSqs({ database: 'file:./events.db', endpoint: sqs.options.endpoint }),
        // Skipped without it.
        LD_PRELOAD: faketime as string,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1'
      }
    })
    const send = () =>
      call(`${server.url}/events/sales`, { method: 'POST', key: API_KEY, body: { event: 'call', data: 1 } })
    const overview = async () =>
      (await call(`${server.url}/overview`, { key: API_KEY })).body as {
        time: string
        pending: number
        oldestPendingAgeSeconds: number | null
        faults: { component: string }[]
      }
    const before = await send()
    t.equal(before.status, 202)
    await until(async () => (await overview()).pending === 0)
    t.equal((await call(`${server.url}/ready`)).status, 200)

    await sqs.server.stop()
    t.equal((await send()).status, 202)
    writeFileSync(clock, '-3600')
    await until(async () => (await call(`${server.url}/ready`)).status === 503)
    t.ok(Date.parse((await overview()).time) < Date.now() - 3_000_000, 'the clock was set back')
    await until(async () => ((await overview()).oldestPendingAgeSeconds ?? 0) > 0.2)
    t.match(await send(), { status: 202, body: { offset: 3, duplicate: false } })
    t.match(await overview(), { pending: 2, faults: [{ component: 'sqs' }] })
    const log = await call(`${server.url}/events/sales`, { key: API_KEY })
    t.match(log.body, { events: [{ offset: 1 }, { offset: 2 }, { offset: 3 }] })
  }
)
