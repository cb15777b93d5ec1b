import t from 'tap'
import { API_KEY, build, listen } from '../support/build.ts'
import { data, emit } from '../support/resuming.ts'
import { client, connect, next } from '../support/sockets.ts'

t.test('a socket whose authorization ends while it connects is disconnected and gets no event', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  const { instances } = app.eventLog
  await instances.create({ name: 'mine', token: 'token-of-mine' })
  // A host's own middleware runs after the plugin's has admitted the socket.
  app.io.of('/').use((socket, proceed) => {
    if (socket.handshake.auth.apikey === API_KEY) return proceed()
    instances.setToken('mine', 'newer').then(() => proceed(), proceed)
  })
  const witness = await connect(t, url, API_KEY)

  const { socket, received } = client(t, url, { auth: { apikey: 'token-of-mine' } })
  t.same((await next(socket, 'disconnect'))[0], 'io server disconnect')
  t.equal(app.websocket.connected, 1, 'the witness alone')
  await app.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  await witness.until(1)
  t.strictSame(received, [])
})

t.test('a replaced token does not disconnect sockets with the global key', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  await app.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  await app.websocket.set('mine', { enabled: true })
  const listeners = [await connect(t, `${url}/mine`, API_KEY), await connect(t, url, API_KEY)]
  await app.eventLog.instances.setToken('mine', 'newer')
  await emit(app, 'mine', 1)
  for (const { until } of listeners) t.strictSame(data(await until(1)), [1])
  t.equal(app.websocket.connected, 2)
})

t.test('the root namespace carries session secrets only of instances that selected them', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  await app.websocket.set('mine', { enabled: true, events: ['CREDS_UPDATE'] })
  const { until } = await connect(t, url, API_KEY)
  for (const instance of ['other', 'mine', 'other']) {
    await app.onInstanceEvent({ instance, event: 'creds.update', data: instance })
  }
  await emit(app, 'other', 'call')
  t.strictSame(data(await until(2)), ['mine', 'call'])
})

t.test('an event that no namespace carries counts as unselected, unless the root namespace carries it', async (t) => {
  for (const globalEvents of [false, true]) {
    const app = await build(t, { sqs: false, eventLog: { logUnselected: false }, websocket: { globalEvents } })
    const { offset } = await app.websocket.emit({ instance: 'mine', event: 'call', data: 1 })
    t.equal(offset, globalEvents ? 1 : 0)
  }
})
