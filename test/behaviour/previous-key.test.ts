import t from 'tap'
import { backends } from '../support/backends.ts'
import { API_KEY, listen } from '../support/build.ts'
import { stream } from '../support/event-stream.ts'
import { connect, refusal } from '../support/sockets.ts'

const PREVIOUS = 'global-key-of-yesterday'

for (const backend of await backends(t)) {
  t.test(
    `${backend.name}: the previous global key is accepted as well, over HTTP and by sockets, for as long as it is set`,
    async (t) => {
      const database = await backend.start(t)
      const { app, url } = await listen(t, { sqs: false, previousApiKey: PREVIOUS, eventLog: { url: database } })
      await app.websocket.set('sales', { enabled: true })
      const statuses = []
      for (const apikey of [API_KEY, PREVIOUS, 'another key'])
        statuses.push((await app.inject({ url: '/overview', headers: { apikey } })).statusCode)
      t.strictSame(statuses, [200, 200, 401])
      await connect(t, `${url}/sales`, PREVIOUS)
      await (await stream(t, `${url}/events/sales/stream`, { apikey: PREVIOUS })).until(1)

      const later = await listen(t, { sqs: false })
      await later.app.websocket.set('sales', { enabled: true })
      t.equal((await later.app.inject({ url: '/overview', headers: { apikey: PREVIOUS } })).statusCode, 401)
      t.match(await refusal(t, `${later.url}/sales`, { auth: { apikey: PREVIOUS } }), { code: 'IEV_WS_UNAUTHORIZED' })
    }
  )

  t.test(`${backend.name}: no instance can have the previous key as its token`, async (t) => {
    const { app } = await listen(t, {
      sqs: false,
      websocket: false,
      previousApiKey: PREVIOUS,
      eventLog: { url: await backend.start(t) }
    })
    await t.rejects(app.eventLog.instances.create({ name: 'a', token: PREVIOUS }), { code: 'IEV_TOKEN_TAKEN' })
  })
}
