import t from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { client, connect, next } from '../support/sockets.ts'

t.test('a socket that loses its access while it connects is sent away and hears nothing', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  const { instances } = app.eventStore
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
