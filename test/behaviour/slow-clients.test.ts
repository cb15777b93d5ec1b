import t, { type Test } from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { pollingClient } from '../support/polling.ts'
import { firstDifference } from '../support/first-difference.ts'
import { rawData, rawListener, serverEnds } from '../support/raw-socket.ts'
import { emit, numbers } from '../support/resuming.ts'
import { cutOffs, flood } from '../support/slowness.ts'
import { connect, next, type Received } from '../support/sockets.ts'
import { soonOnce, until } from '../support/until.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 4

const auth = { apikey: API_KEY }
const TOO_SLOW = { code: 4008, reason: 'IEV_WS_TOO_SLOW' }

async function start(t: Test, { maxBufferedBytes = 1_000_000, names = ['sales'] } = {}) {
  const { app, url } = await listen(t, { sqs: false, websocket: { maxBufferedBytes } })
  for (const name of names) await app.websocket.set(name, { enabled: true })
  const cut = async () => (await cutOffs(app)) > 0
  return { app, url, cut }
}

/** The numbers of the events that `flood` posts. */
const counts = (values: unknown[]) => values.map((value) => (value as { n: number }).n)
const countsOf = (received: Received[]) => counts(received.map(({ message }) => message.data))

t.test('a client that stops reading is cut off; one that reads receives everything', async (t) => {
  const { app, url, cut } = await start(t)
  const stalled = await rawListener(t, url, '/sales', auth)
  const reader = await connect(t, `${url}/sales`, API_KEY)
  stalled.ws.pause()
  const count = await flood(app, { until: cut })
  t.equal(app.websocket.connected, 1, 'the client that reads stays connected')
  t.strictSame(countsOf(await reader.until(count)), numbers(count))
  t.equal(await cutOffs(app), 1)

  stalled.ws.resume()
  t.strictSame(await stalled.closed, TOO_SLOW, 'it receives the reason once it reads again')
  const before = counts(rawData(stalled))
  t.ok(before.length > 0 && before.length < count)
  t.strictSame(before, numbers(before.length), 'it receives everything that was written before')
})

t.test('a client of Socket.IO that was cut off reconnects, resumes and misses nothing', async (t) => {
  const { app, url, cut } = await start(t)
  let last: unknown = 'latest'
  const { socket, received, until } = await connect(t, `${url}/sales`, API_KEY, {
    auth: (send: (auth: object) => void) => send({ ...auth, offset: last }),
    reconnectionDelay: 10
  })
  socket.onAny((_event, message: Record<string, unknown>) => (last = message.offset ?? message.to))
  await until(1)
  // The WebSocket below Engine.IO in a client on Node.js.
  const { ws } = socket.io.engine.transport as unknown as { ws: { pause(): void; resume(): void } }
  ws.pause()
  const count = await flood(app, { until: cut })
  const lost = next(socket, 'disconnect')
  ws.resume()
  t.equal((await lost)[0], 'transport close')
  await next(socket, 'resumed')
  await emit(app, 'sales', { n: count })
  const all = countsOf((await until(count + 3)).filter(({ event }) => event === 'call'))
  t.strictSame(all, numbers(count + 1))
  t.match(
    received.filter(({ event }) => event === 'resumed').map(({ message }) => message.complete),
    [true, true]
  )
})

t.test('bytes that wait for a client that was cut off are counted until they are freed, within seconds', async (t) => {
  const { app, url, cut } = await start(t)
  const { ws } = await rawListener(t, url, '/sales', auth)
  const [end] = serverEnds(app.io, '/sales')
  ws.pause()
  await flood(app, { until: cut })
  const begun = performance.now()
  t.equal(app.websocket.connected, 0)
  t.ok(app.websocket.bufferedBytes > 0)
  t.equal(end?.destroyed, false)
  if (end) await soonOnce(end, 'close')
  await until(() => app.websocket.bufferedBytes === 0)
  const seconds = (performance.now() - begun) / 1_000
  t.ok(seconds < 10, `${seconds} s`)
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
})

t.test('closing the server does not wait for a client that was cut off', async (t) => {
  const { app, url, cut } = await start(t)
  const stalled = await rawListener(t, url, '/sales', auth)
  stalled.ws.pause()
  await flood(app, { until: cut })
  const begun = performance.now()
  await app.close()
  t.ok(performance.now() - begun < 3_000)
})

t.test('closing the server does not wait for a client that reads slowly', async (t) => {
  const { app, url } = await start(t, { maxBufferedBytes: 100_000_000 })
  const stalled = await rawListener(t, url, '/sales', auth)
  stalled.ws.pause()
  await flood(app, { until: () => app.websocket.bufferedBytes > 0 })
  const begun = performance.now()
  await app.close()
  t.ok(performance.now() - begun < 8_000, `${performance.now() - begun} ms`)
})

t.test('a client that pauses within the limit stays connected', async (t) => {
  const { app, url } = await start(t, { maxBufferedBytes: 5_000_000 })
  const { ws, packet, ...raw } = await rawListener(t, url, '/sales', auth)
  ws.pause()
  const count = await flood(app, { until: () => app.websocket.bufferedBytes > 1_000_000 })
  ws.resume()
  await emit(app, 'sales', { n: count })
  await packet(new RegExp(`"n":${count}}`))
  t.strictSame(counts(rawData({ ws, packet, ...raw })), numbers(count + 1))
  t.equal(await cutOffs(app), 0)
})

t.test('a client for which nothing waits is not cut off by one event larger than the limit', async (t) => {
  const { app, url } = await start(t, { maxBufferedBytes: 1 })
  const { until } = await connect(t, `${url}/sales`, API_KEY)
  for (let n = 0; n < 3; n++) {
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: { n, text: 'x'.repeat(100_000) } })
    await until(n + 1)
  }
  t.equal(await cutOffs(app), 0)
})

t.test('all namespaces of a connection are cut off together, and count once', async (t) => {
  const { app, url, cut } = await start(t, { names: ['sales', 'support'] })
  const stalled = await rawListener(t, url, '/sales', auth)
  stalled.ws.send(`40/support,${JSON.stringify(auth)}`)
  await stalled.packet(/^40\/support/)
  t.equal(app.websocket.connected, 2)
  stalled.ws.pause()
  await flood(app, { instance: 'support', until: cut })
  t.equal(app.websocket.connected, 0)
  await emit(app, 'sales', 1)
  t.equal(await cutOffs(app), 1)
})

t.test('a client of long polling that stops polling is cut off', async (t) => {
  const { app, url, cut } = await start(t)
  const { poll } = await pollingClient(url, '/sales', auth)
  await poll()
  const count = await flood(app, { until: cut })
  t.equal(count, 2, 'the second event exceeds the limit')
  t.equal(app.websocket.connected, 0)
  t.equal(await poll(), undefined, 'its session has ended')
})

t.test('bytes that wait for all namespaces of a connection count together', async (t) => {
  const { app, url } = await start(t, { names: ['sales', 'support'] })
  const { poll, send } = await pollingClient(url, '/sales', auth)
  await poll()
  await send(`0/support,${JSON.stringify(auth)}`)
  await poll()
  const text = 'x'.repeat(600_000)
  await emit(app, 'sales', text)
  t.equal(app.websocket.connected, 2)
  const waiting = app.websocket.bufferedBytes
  t.ok(waiting > 600_000 && waiting < 601_000, 'an event is counted once')
  await emit(app, 'support', text)
  t.equal(app.websocket.connected, 0)
})

t.test('of fifty clients four stop reading, and the others receive everything in order', async (t) => {
  const { app, url } = await start(t)
  const stalled = await Promise.all(numbers(4).map(() => rawListener(t, url, '/sales', auth)))
  const readers = await Promise.all(numbers(46).map(() => rawListener(t, url, '/sales', auth)))
  for (const { ws } of stalled) ws.pause()
  const text = 'x'.repeat(50_000)
  let count = 0
  while ((await cutOffs(app)) < stalled.length) {
    await app.eventLog.accept(numbers(10).map(() => ({ instance: 'sales', event: 'call', data: { n: count++, text } })))
    await Promise.all(readers.map(({ packet }) => packet(new RegExp(`"n":${count - 1},`))))
  }
  const wrong = readers.map((reader) => firstDifference(counts(rawData(reader)), numbers(count)))
  t.same(
    wrong.filter((difference) => difference !== undefined),
    []
  )
  t.equal(app.websocket.connected, readers.length)
  for (const { ws, closed } of stalled) {
    ws.resume()
    t.strictSame(await closed, TOO_SLOW)
  }
})
