import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { API_KEY, listen } from '../support/build.ts'

t.test('each request of a kept connection is authorized by its own key, as the key is now', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  const { instances } = app.eventLog
  await instances.create({ name: 'sales', token: 'first-token' })
  await instances.create({ name: 'support', token: 'token-of-support' })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const ports = new Set<number | undefined>()
  const status = (key: string, instance = 'sales') =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request(`${url}/websocket/find/${instance}`, { agent, headers: { apikey: key } }, (response) => {
        ports.add(response.socket.localPort)
        text(response).then(() => resolve(response.statusCode), reject)
      })
      asked.on('error', reject).end()
    })

  const answers = {
    first: await status('first-token'),
    again: await status('first-token'),
    ofAnother: await status('first-token', 'support'),
    another: await status('token-of-support', 'support'),
    wrong: await status('wrong'),
    global: await status(API_KEY, 'support'),
    afterGlobal: await status('first-token'),
    ...(await instances.setToken('sales', 'second-token').then(async () => ({
      replaced: await status('first-token'),
      second: await status('second-token')
    }))),
    ...(await instances.remove('sales').then(async () => ({ removed: await status('second-token') })))
  }
  t.strictSame(answers, {
    first: 200,
    again: 200,
    ofAnother: 401,
    another: 200,
    wrong: 401,
    global: 200,
    afterGlobal: 200,
    replaced: 401,
    second: 200,
    removed: 401
  })
  t.equal(ports.size, 1, 'all on one connection')
})
