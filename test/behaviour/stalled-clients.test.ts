import { get, type IncomingMessage } from 'node:http'
import type { Socket as TcpSocket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import type { Socket } from 'socket.io'
import t, { type Test } from 'tap'
import { takenBytes } from '../../lib/websocket/taken-bytes.ts'
import type { WebsocketOptions } from '../../plugins/websocket.ts'
import { API_KEY, listen } from '../support/build.ts'
import { pollingClient } from '../support/polling.ts'
import { data, emit } from '../support/resuming.ts'
import { rawData, rawListener, serverEnds, type RawSocket } from '../support/raw-socket.ts'
import { LARGE, stuckReader } from '../support/slowness.ts'
import { client, connect, next } from '../support/sockets.ts'
import { call } from '../support/standalone.ts'
import { soonOnce, until } from '../support/until.ts'

const auth = { apikey: API_KEY }
const fromStart = { ...auth, offset: 0 }
const MIB = 1_048_576
const STALLED = { code: 4009, reason: 'IEV_WS_STALLED' }

async function start(t: Test, websocket: WebsocketOptions = {}) {
  const { app, url } = await listen(t, { sqs: false, websocket })
  for (const name of ['sales', 'support']) await app.websocket.set(name, { enabled: true })
  const faults = async () =>
    ((await call(`${url}/overview`, { key: API_KEY })).body as { faults: { code: string }[] }).faults
  const metric = async (name: string) => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1])
  }
  return { app, url, faults, metric }
}

/** Counts how often the server has looked whether its only socket of sales has read. */
function countLooks(t: Test, { io }: FastifyInstance): () => number {
  const [listener] = [...io.of('/sales').sockets.values()] as [Socket]
  const { socket } = listener.conn.transport as unknown as { socket: { bufferedAmount: number } }
  const read = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(socket), 'bufferedAmount')?.get?.bind(socket)
  let looks = 0
  t.intercept(socket, 'bufferedAmount', {
    get: () => {
      looks++
      return read?.() as number
    }
  })
  return () => looks
}

t.test('replays that are not read take half of the budget at most, and other clients are served', async (t) => {
  const { app, url, faults, metric } = await start(t, { maxBufferedBytesTotal: 64 * MIB })
  await emit(app, 'sales', LARGE)
  await emit(app, 'support', 'small')
  const stuck: RawSocket[] = []
  // One after the other: those that come at once share what waits for them.
  while (stuck.length < 12) {
    stuck.push(await stuckReader(t, url, '/sales', fromStart))
    await until(() => app.websocket.connected === stuck.length)
  }
  let most = 0
  await until(async () => {
    most = Math.max(most, app.websocket.bufferedBytes)
    return (await metric('iev_websocket_waiting')) === 9
  })
  t.ok(most > 30_000_000 && most <= 32 * MIB, `${most} bytes`)

  const { ws: leaving } = stuck.pop() as RawSocket
  leaving.terminate()
  await until(async () => (await metric('iev_websocket_waiting')) === 8)

  const resuming = client(t, `${url}/support`, { auth: fromStart })
  await next(resuming.socket, 'resumed')
  const live = await connect(t, `${url}/sales`, API_KEY)
  await emit(app, 'sales', 'live')
  t.strictSame(data(await live.until(1)), ['live'])

  await until(async () => (await faults()).length > 0)
  t.match(await faults(), [{ component: 'websocket', code: 'IEV_WS_BUFFERS_FULL' }])

  for (const { ws } of stuck) ws.resume()
  await Promise.all(stuck.map(({ packet }) => packet(/"resumed"/)))
  t.ok(stuck.every((raw) => rawData(raw)[0] === LARGE))
  await until(() => app.websocket.bufferedBytes === 0)
  t.strictSame([await faults(), app.websocket.replaying, await metric('iev_websocket_waiting')], [[], 0, 0])
})

t.test('a replay that is not read is cut off, and its room is another’s', async (t) => {
  const { app, url, metric } = await start(t, { maxBufferedBytesTotal: 24 * MIB, stalledAfterMs: 200 })
  await emit(app, 'sales', LARGE)
  const first = await stuckReader(t, url, '/sales', fromStart)
  await until(() => app.websocket.bufferedBytes > 0)
  const second = await rawListener(t, url, '/sales', fromStart)
  await until(async () => (await metric('iev_websocket_stalled_total')) === 1)
  t.strictSame([app.websocket.connected, rawData(second)], [1, []])
  first.ws.resume()
  await second.packet(/"resumed"/)
  t.strictSame(await first.closed, STALLED, 'it receives the reason once it reads')
})

t.test('a live socket that answers pings and reads nothing is cut off, however little waits for it', async (t) => {
  const { app, url, metric } = await start(t, { stalledAfterMs: 1_000 })
  const stalled = await rawListener(t, url, '/sales', auth)
  const reader = await connect(t, `${url}/sales`, API_KEY)
  stalled.ws.pause()
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: LARGE })
  await until(async () => {
    stalled.ws.send('3')
    return (await metric('iev_websocket_stalled_total')) > 0
  })
  t.ok((await reader.until(1))[0]?.message.data === LARGE)
  t.equal(app.websocket.connected, 1)
  stalled.ws.resume()
  t.strictSame(await stalled.closed, STALLED)
})

t.test('a client that reads what waits part by part stays connected', async (t) => {
  const stalledAfterMs = 60_000
  const { app, url, metric } = await start(t, { stalledAfterMs, maxBufferedBytes: 100 * MIB })
  const { ws, packet } = await rawListener(t, url, '/sales', auth)
  ws.pause()
  // One write: only the system knows how much of it was taken.
  await emit(app, 'sales', LARGE.repeat(3), 'last')
  await until(() => app.websocket.bufferedBytes > 0)

  const now = performance.now.bind(performance)
  let skippedMs = 0
  t.intercept(performance, 'now', { value: () => now() + skippedMs })
  const [serverEnd] = serverEnds(app.io, '/sales') as [TcpSocket]
  const { _socket: clientEnd } = ws as unknown as { _socket: TcpSocket }
  let readUpTo = 0
  clientEnd.on('data', () => clientEnd.bytesRead >= readUpTo && ws.pause())
  const looks = countLooks(t, app)
  // The system tells of room in steps of a megabyte or more, and takes the last ones before they are read.
  while (readUpTo < 16_000_000) {
    readUpTo += 4_000_000
    const taken = takenBytes(serverEnd)
    ws.resume()
    await until(() => clientEnd.bytesRead >= readUpTo && takenBytes(serverEnd) > taken)
    skippedMs += stalledAfterMs - 10_000
    const before = looks()
    await until(() => looks() > before + 1)
  }
  t.strictSame([app.websocket.connected, await metric('iev_websocket_stalled_total')], [1, 0])
  readUpTo = Infinity
  ws.resume()
  await packet(/"data":"last"/)
  t.equal(await metric('iev_websocket_stalled_total'), 0)
})

t.test('replies to polls that are not read count, and end after the deadline', async (t) => {
  const { app, url } = await start(t, { stalledAfterMs: 500 })
  await emit(app, 'sales', LARGE)
  const { sid, poll } = await pollingClient(url, '/sales', fromStart)
  await until(() => app.websocket.bufferedBytes >= 10_000_000)
  const asked = get(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { agent: false })
  const [answer] = (await soonOnce(asked, 'response')) as [IncomingMessage]
  t.ok(app.websocket.bufferedBytes >= 10_000_000, 'also after Engine.IO has written it')
  await until(() => app.websocket.bufferedBytes === 0)
  t.equal(app.websocket.connected, 0)
  t.equal(await poll(), undefined, 'the session has ended')
  await t.rejects(text(answer))
})

t.test('a reply to a poll is counted until it is read', async (t) => {
  const { app, url } = await start(t)
  await emit(app, 'sales', LARGE)
  const { poll } = await pollingClient(url, '/sales', fromStart)
  const packets: string[] = []
  while (!packets.some((packet) => packet.includes('"resumed"'))) packets.push(...((await poll()) ?? []))
  t.ok(packets.some((packet) => packet.includes(LARGE)))
  await until(() => app.websocket.bufferedBytes === 0)
  t.equal(app.websocket.connected, 1)
})
