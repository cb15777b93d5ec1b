import t from 'tap'
import { API_KEY, folder, listen } from '../support/build.ts'
import { data, emit } from '../support/resuming.ts'
import { client, connect, next } from '../support/sockets.ts'

/** The three lines of README.md that make a client resume. */
function resuming(apikey: string, from: number | 'latest') {
  let last: unknown = from
  return {
    auth: (send: (data: object) => void) => send({ apikey, offset: last }),
    note: (_event: string, message: Record<string, unknown>) => (last = message.offset ?? message.to)
  }
}

t.test('a client with an offset receives the events after it, then `resumed`, then live events', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  await emit(app, 'sales', 1, 2, 3)
  await emit(app, 'other', 'of someone else')
  await emit(app, 'sales', 5)

  const { until } = await connect(t, `${url}/sales`, API_KEY, { auth: { apikey: API_KEY, offset: 2 } })
  const resumed = { from: 2, to: 5, count: 2, complete: true }
  t.strictSame(data(await until(3)), [3, 5, resumed])
  await emit(app, 'sales', 6)
  t.strictSame(data(await until(4)), [3, 5, resumed, 6])
})

t.test('a client without an offset receives live events only', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  await emit(app, 'sales', 1)
  for (const auth of [{ apikey: API_KEY }, { apikey: API_KEY, offset: null }]) {
    const { until, socket } = await connect(t, `${url}/sales`, API_KEY, { auth })
    await emit(app, 'sales', 2)
    t.strictSame(data(await until(1)), [2])
    socket.disconnect()
  }
})

t.test('a client with the offset "latest" receives its position, then live events', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  await emit(app, 'sales', 1, 2)
  const { until } = await connect(t, `${url}/sales`, API_KEY, { auth: { apikey: API_KEY, offset: 'latest' } })
  await until(1)
  await emit(app, 'sales', 3)
  t.strictSame(data(await until(2)), [{ from: 2, to: 2, count: 0, complete: true }, 3])
})

t.test('the three lines of README.md resume after a lost connection and a restart, over each transport', async (t) => {
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    const eventLog = { url: `file:${folder(t)}/events.db` }
    const first = await listen(t, { sqs: false, eventLog })
    await first.app.websocket.set('sales', { enabled: true })
    const { auth, note } = resuming(API_KEY, 'latest')
    const { socket, until, received } = await connect(t, `${first.url}/sales`, API_KEY, {
      auth,
      transports,
      reconnectionDelay: 20,
      reconnectionDelayMax: 50
    })
    socket.onAny(note)
    await until(1)
    await emit(first.app, 'sales', 1, 2)
    await until(3)

    const lost = next(socket, 'disconnect')
    socket.io.engine.close()
    await lost
    await emit(first.app, 'sales', 3, 4)
    await until(6)

    const gone = next(socket, 'disconnect')
    await Promise.all([gone, first.app.close()])
    const { app } = await listen(t, { sqs: false, eventLog, port: Number(new URL(first.url).port) })
    await emit(app, 'sales', 5)
    await until(8)
    await emit(app, 'sales', 6)
    await until(9)
    t.strictSame(
      data(received).filter((value) => typeof value === 'number'),
      [1, 2, 3, 4, 5, 6],
      transports.join()
    )
    socket.disconnect()
    await app.close()
  }
})

t.test('a replay on / follows the key and the filters', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  await app.eventLog.instances.create({ name: 'a', token: 'token-of-a' })
  await emit(app, 'a', 'a1')
  await emit(app, 'b', 'b1')
  await app.onInstanceEvent({ instance: 'b', event: 'messages.upsert', data: 'b2' })
  await app.onInstanceEvent({ instance: 'c', event: 'creds.update', data: 'secret' })
  await emit(app, 'c', 'c1')

  const replayed = async (auth: Record<string, unknown>) => {
    const { until, socket, received } = client(t, url, { auth: { offset: 0, ...auth } })
    while (received.at(-1)?.event !== 'resumed') await until(received.length + 1)
    socket.disconnect()
    return data(received).slice(0, -1)
  }
  t.strictSame(await replayed({ apikey: API_KEY }), ['a1', 'b1', 'b2', 'c1'])
  t.strictSame(await replayed({ apikey: 'token-of-a' }), ['a1'])
  t.strictSame(await replayed({ apikey: 'token-of-a', instances: ['b'] }), [])
  t.strictSame(await replayed({ apikey: API_KEY, instances: ['b', 'c'] }), ['b1', 'b2', 'c1'])
  t.strictSame(await replayed({ apikey: API_KEY, events: ['MESSAGES_UPSERT'] }), ['b2'])
  t.strictSame(await replayed({ apikey: API_KEY, events: ['call'], instances: ['b'] }), ['b1'])
  t.strictSame(await replayed({ apikey: API_KEY, events: [], instances: [] }), ['a1', 'b1', 'b2', 'c1'])
})
