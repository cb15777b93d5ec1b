import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { Server } from 'socket.io'
import t, { type Test } from 'tap'
import { paceConnections } from '../../lib/websocket/pace-connections.ts'
import { numbers } from '../support/resuming.ts'

type Engine = Server['engine']

const HANDSHAKE = '/socket.io/?EIO=4&transport=polling'

/** An Engine.IO that notes what it is to handle. */
function watchedEngine() {
  const handled: unknown[] = []
  const engine = Object.assign(new EventEmitter(), {
    handleRequest: ({ url }: IncomingMessage) => void handled.push(url),
    handleUpgrade: ({ url }: IncomingMessage, _socket: unknown, head: Buffer) =>
      void handled.push(head.length > 0 ? `${url} ${head}` : url)
  }) as unknown as Engine
  paceConnections(engine)
  const upgrade = (url: string, head = '') => {
    const socket = new PassThrough()
    engine.handleUpgrade({ url } as IncomingMessage, socket, Buffer.from(head))
    return socket
  }
  const request = (url: string) => {
    const socket = new PassThrough()
    engine.handleRequest({ url, socket } as unknown as IncomingMessage, {} as ServerResponse)
    return socket
  }
  return { engine, handled, upgrade, request }
}

/** A connection of Engine.IO. `receive` is the listener of Socket.IO. */
function openConnection(engine: Engine, receive: (packet: unknown) => void) {
  const connection = Object.assign(new EventEmitter(), {
    readyState: 'open',
    close: () => void (connection.readyState = 'closing')
  })
  connection.on('data', receive)
  engine.emit('connection', connection)
  return connection
}

/** The event loop turns until the list is so long. Each turn adds few. */
async function turnUntil(t: Test, list: readonly unknown[], length: number): Promise<void> {
  for (let turns = 0; list.length < length && turns < length; turns++) {
    const before = list.length
    await setImmediate()
    t.ok(list.length - before < 10)
  }
  t.equal(list.length, length)
  await setImmediate()
}

t.test(
  'handshakes that come at once are handled in their order, few in a turn, with what came after them',
  async (t) => {
    const { handled, upgrade, request } = watchedEngine()
    const urls = numbers(20).map((n) => `${HANDSHAKE}&t=${n}`)
    const sockets = urls.map((url, n) => (n % 2 === 0 ? upgrade(url, `after ${n}`) : request(url)))
    t.ok(handled.length > 0 && handled.length < 10, 'the first at once')
    await turnUntil(t, handled, 20)
    t.strictSame(
      handled,
      urls.map((url, n) => (n % 2 === 0 ? `${url} after ${n}` : url))
    )
    t.ok(sockets.every((socket) => socket.listenerCount('error') === 0))
  }
)

t.test('requests of connections that are open do not wait', async (t) => {
  const { handled, request } = watchedEngine()
  for (const n of numbers(20)) request(`${HANDSHAKE}&sid=${n}`)
  t.equal(handled.length, 20)
})

t.test('a client that closes its connection while it waits is dropped', async (t) => {
  const { handled, upgrade } = watchedEngine()
  const [broken, ended] = numbers(20)
    .map((n) => upgrade(`/${n}`))
    .slice(-2)
  broken?.destroy(new Error('reset'))
  ended?.resume().end()
  await turnUntil(t, handled, 18)
  t.notOk(handled.includes('/18') || handled.includes('/19'))
  t.ok(ended?.destroyed)
})

t.test('requests for namespaces that come at once are received in their order, few in a turn', async (t) => {
  const { engine } = watchedEngine()
  const received: unknown[] = []
  const send = (packet: string) => openConnection(engine, (data) => received.push(data)).emit('data', packet)
  const packets = numbers(20).map((n) => `0/instance-${n},`)
  packets.forEach(send)
  t.ok(received.length > 0 && received.length < 10, 'the first at once')
  send('2["of another connection"]')
  t.equal(received.pop(), '2["of another connection"]')
  await turnUntil(t, received, 20)
  t.strictSame(received, packets)
})

t.test('packets that follow a request for a namespace wait with it, and only they', async (t) => {
  const { engine } = watchedEngine()
  for (const n of numbers(10)) openConnection(engine, () => {}).emit('data', `0/before-${n},`)
  const received: unknown[] = []
  const connection = openConnection(engine, (data) => received.push(data))
  const packets = ['0/sales,', '51-["picture",{"_placeholder":true,"num":0}]', Buffer.from('0'), '1/sales,']
  for (const packet of packets) connection.emit('data', packet)
  t.strictSame(received, [])
  await turnUntil(t, received, packets.length)
  t.strictSame(received, packets)
  connection.emit('data', Buffer.from('0'))
  t.equal(received.length, packets.length + 1)
})

t.test('packets of a connection that is closed while they wait are dropped', async (t) => {
  const { engine } = watchedEngine()
  const received: unknown[] = []
  const receive = (data: unknown) => received.push(data)
  const connections = numbers(20).map(() => openConnection(engine, receive))
  for (const connection of connections) connection.emit('data', '0')
  connections.at(-1)?.close()
  await turnUntil(t, received, 19)
  t.equal(connections[0]?.off('data', receive).listenerCount('data'), 0, 'Socket.IO can remove its listener')
})

t.test('a connection that sends too much while it waits is closed', async (t) => {
  const { engine } = watchedEngine()
  for (const n of numbers(10)) openConnection(engine, () => {}).emit('data', `0/before-${n},`)
  const received: unknown[] = []
  const [many, few] = numbers(2).map(() => openConnection(engine, (data) => received.push(data)))
  for (const n of numbers(20)) many?.emit('data', `0/${n},${'x'.repeat(60_000)}`)
  for (const n of numbers(10)) few?.emit('data', `0/${n},${'x'.repeat(60_000)}`)
  t.strictSame([many?.readyState, few?.readyState], ['closing', 'open'])
  await turnUntil(t, received, 10)
  for (const n of numbers(10)) few?.emit('data', `0/${n},${'x'.repeat(60_000)}`)
  t.equal(few?.readyState, 'open', 'what was received does not count')
  await turnUntil(t, received, 20)
})
