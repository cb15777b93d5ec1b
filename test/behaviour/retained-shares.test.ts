import t, { type Test } from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { connect } from '../support/sockets.ts'

const headers = { apikey: API_KEY }
const LARGE = 'x'.repeat(900_000)

/** Fills the log of a server with 50 events of `quiet` and 9 MB of `greedy`, and prunes it to 5 MB. */
async function fill(t: Test, eventLog: { url: string }) {
  const { app, url } = await listen(t, { sqs: false, eventLog, websocket: { globalEvents: true } })
  for (const instance of ['quiet', 'greedy']) await app.websocket.set(instance, { enabled: true })
  for (let n = 1; n <= 50; n++) await app.onInstanceEvent({ instance: 'quiet', event: 'call', data: n })
  for (let n = 1; n <= 10; n++) await app.onInstanceEvent({ instance: 'greedy', event: 'call', data: LARGE })
  const { log } = app.eventLog.store
  while ((await log.prune({ acceptedBefore: 0, maxBytes: 5_000_000 })).more);
  return { app, url }
}

async function tests(t: Test, eventLog: { url: string }): Promise<void> {
  const { app, url } = await fill(t, eventLog)
  const resumed = async (namespace: string, offset: number) => {
    const auth = { apikey: API_KEY, offset }
    const { received, until } = await connect(t, `${url}/${namespace}`, API_KEY, { auth })
    for (let count = 1; ; count++) {
      await until(count)
      const { event, message } = received[count - 1]!
      if (event === 'resumed') return message as unknown as { count: number; complete: boolean }
    }
  }
  t.match(await resumed('quiet', 0), { from: 0, count: 50, complete: true })
  const greedy = await resumed('greedy', 0)
  t.match(greedy, { from: 0, complete: false })
  t.ok(greedy.count > 0 && greedy.count < 10, `${greedy.count} of 10 events are left`)
  t.match(
    await resumed('greedy', 60 - greedy.count),
    { count: greedy.count, complete: true },
    'all after those that went'
  )
  t.match(await resumed('', 0), { count: 50 + greedy.count, complete: false })

  const page = async (instance: string) =>
    (await app.inject({ url: `/events/${instance}?after=0`, headers })).json<{ complete: boolean }>()
  t.match(await page('quiet'), { complete: true })
  t.match(await page('greedy'), { complete: false })
}

t.test('a socket misses nothing that another instance has pushed out of the log, with SQLite', (t) =>
  tests(t, { url: ':memory:' })
)

if (await havePostgres(t)) {
  t.test('a socket misses nothing that another instance has pushed out of the log, with PostgreSQL', async (t) => {
    const { url } = await startDatabase(t)
    await tests(t, { url })
  })
}
