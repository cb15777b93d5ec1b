import t, { type Test } from 'tap'
import type { EventLog } from '../../lib/event-log/event-log.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { API_KEY, listen } from '../support/build.ts'
import { pollingClient } from '../support/polling.ts'
import { data, emit, emitMany, heldStore, numbers } from '../support/resuming.ts'
import { rawListener } from '../support/raw-socket.ts'
import { LARGE } from '../support/slowness.ts'
import { client, connect, next } from '../support/sockets.ts'
import { until } from '../support/until.ts'

const auth = { apikey: API_KEY }
/** Larger than half of the budget: only one of them is kept at a time. */
const OVERSIZED = 'y'.repeat(60_000)

/** Starts a server whose budget is used by a client of `sales` that does not read. */
async function start(t: Test, store?: EventLog['store']) {
  const { app, url } = await listen(t, {
    sqs: false,
    ...(store && { eventLog: { store } }),
    websocket: { maxBufferedBytesTotal: 100_000 }
  })
  for (const name of ['sales', 'support']) await app.websocket.set(name, { enabled: true })
  const { ws } = await rawListener(t, url, '/sales', auth)
  ws.pause()
  await emit(app, 'sales', LARGE)
  await until(() => app.websocket.bufferedBytes > 0)
  return { app, url, ws }
}

t.test(
  'without room in the budget a live socket receives its events later, in order, and stays connected',
  async (t) => {
    const { app, url, ws } = await start(t)
    const { socket, received, until: receive } = await connect(t, `${url}/support`, API_KEY)
    await emit(app, 'support', 1, OVERSIZED, 2, 3)
    t.strictSame(data(await receive(1)), [1])
    t.strictSame([app.websocket.connected, app.websocket.replaying], [2, 1])
    ws.resume()
    t.strictSame(data(await receive(4)), [1, OVERSIZED, 2, 3])
    await emit(app, 'support', 4)
    t.strictSame(data(await receive(5)), [1, OVERSIZED, 2, 3, 4])
    t.strictSame(
      [app.websocket.replaying, socket.connected, received.some(({ event }) => event === 'resumed')],
      [0, true, false]
    )
  }
)

t.test('a socket that has no room in the turn in which its replay ends gets each event once', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const { app, url } = await listen(t, {
    sqs: false,
    eventLog: { store },
    websocket: { maxBufferedBytesTotal: 1_000_000 }
  })
  for (const name of ['sales', 'support']) await app.websocket.set(name, { enabled: true })
  const { ws } = await rawListener(t, url, '/sales', auth)
  ws.pause()
  await emit(app, 'support', 1)
  const large = 'y'.repeat(600_000)
  const read = store.log.readPages.bind(store.log)
  let filled: Promise<unknown> | undefined
  t.intercept(store.log, 'readPages', {
    value: async (...args: Parameters<typeof read>) => {
      const result = await read(...args)
      // Committed after the only page of the replay is sent, before the next turn of the event loop.
      filled ??= app.onInstanceEvent([
        { instance: 'sales', event: 'call', data: LARGE },
        { instance: 'support', event: 'call', data: large }
      ])
      return result
    }
  })
  const { until: receive } = client(t, `${url}/support`, { auth: { ...auth, offset: 0 } })
  const resumed = { from: 0, to: 1, count: 1, complete: true }
  t.strictSame(data(await receive(2)), [1, resumed])
  await filled
  await emitMany(app, 'support', 300)
  t.equal(app.websocket.replaying, 1, 'it is behind again')
  ws.resume()
  t.strictSame(data(await receive(303)), [1, resumed, large, ...numbers(300)])
  await emit(app, 'support', 'live')
  t.strictSame(data(await receive(304)).at(-1), 'live')
})

t.test('without room in the budget a client of long polling receives its events later', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { maxBufferedBytesTotal: 100_000 } })
  await app.websocket.set('support', { enabled: true })
  const clients = [await pollingClient(url, '/support', auth), await pollingClient(url, '/support', auth)]
  for (const { poll } of clients) await poll()
  await emit(app, 'support', OVERSIZED)
  t.equal(app.websocket.replaying, 1)
  for (const { poll } of clients) t.ok((await poll())?.[0]?.includes(OVERSIZED))
  await until(() => app.websocket.replaying === 0)
})

t.test('a live socket whose waiting events are pruned is disconnected', async (t) => {
  const held = heldStore(t)
  const { app, url, ws } = await start(t, held.store)
  const { socket } = await connect(t, `${url}/support`, API_KEY, { reconnection: false })
  await emit(app, 'support', OVERSIZED)
  const disconnected = next(socket, 'disconnect')
  ws.resume()
  ;(await held.read()).answer({ prunedTo: 2 })
  t.strictSame((await disconnected)[0], 'transport close')
})
