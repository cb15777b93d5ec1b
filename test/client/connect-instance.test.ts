import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import {
  connectInstance,
  type ConnectInstanceOptions,
  type InstanceMessage
} from '../../lib/client/connect-instance.ts'
import { KEY, newMessage, startFakeHub } from '../support/fake-hub.ts'
import { follow, gate, upTo } from '../support/follow.ts'
import { until as untilSo } from '../support/until.ts'

t.test('without an offset, only new events are received', async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(2)
  const fresh = follow(t, hub.url)
  t.equal(fresh.connection.offset, undefined)
  t.equal(fresh.connection.connected, false)
  await fresh.until(() => fresh.resumed.length === 1)
  t.same(fresh.resumed, [{ from: 2, to: 2, count: 0, complete: true }])
  t.equal(fresh.connection.connected, true)
  await hub.until(() => hub.sockets.size === 1)
  hub.emit(1)
  await fresh.until(() => fresh.offsets.length === 1)
  t.same(fresh.messages, [newMessage(3)])

  const resuming = follow(t, hub.url, { offset: 1 })
  t.equal(resuming.connection.offset, 1)
  await resuming.until(() => resuming.resumed.length === 1)
  t.same(resuming.offsets, [2, 3])
  t.same(resuming.resumed, [{ from: 1, to: 3, count: 2, complete: true }])
  hub.emit(1)
  await resuming.until(() => resuming.offsets.length === 3)
  t.same(resuming.offsets, [2, 3, 4])
})

t.test("the offset is that of the last handled event, or of the server's last message", async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(3)
  const { pass, open } = gate()
  const { connection, offsets, resumed, until } = follow(t, hub.url, { offset: 0, events: ['call'], onEvent: pass })
  await until(() => resumed.length === 1)
  t.equal(connection.offset, 3, 'events that the filter omits count as handled')
  hub.emit(2, 'call')
  await until(() => offsets.length === 1)
  t.equal(connection.offset, 3, 'while it is handled')
  open()
  await until(() => offsets.length === 2)
  t.equal(connection.offset, 4)
})

t.test('connections that drop cause neither gaps nor repeats', async (t) => {
  const hub = await startFakeHub(t)
  const { connection, offsets, resumed, errors, until } = follow(t, hub.url)
  for (let round = 1; round <= 5; round++) {
    await hub.until(() => hub.attempts.length === round && hub.sockets.size === 1)
    hub.emit(3)
    await until(() => offsets.length === round * 5 - 2 && resumed.length === round)
    hub.drop()
    await hub.until(() => hub.sockets.size === 0)
    hub.emit(2)
  }
  await until(() => offsets.length === 25)
  t.same(offsets, upTo(25))
  t.same(
    hub.attempts.map(({ offset }) => offset),
    ['latest', 3, 8, 13, 18, 23]
  )
  await until(() => resumed.length === 6)
  t.equal(connection.offset, 25)
  t.same(errors, [])
})

t.test('events that wait for the handler when the connection drops are not repeated', async (t) => {
  const hub = await startFakeHub(t)
  const { pass, open } = gate()
  const { connection, offsets, resumed, until } = follow(t, hub.url, { offset: 0, onEvent: pass })
  await hub.until(() => hub.sockets.size === 1)
  hub.emit(10)
  await until(() => offsets.length === 1)
  // Received after the ten events.
  hub.drop()
  await hub.until(() => hub.attempts.length === 2)
  t.equal(hub.attempts[1]?.offset, 10)
  t.equal(connection.offset, 0)
  hub.emit(2)
  open()
  await until(() => resumed.length === 2 && offsets.length === 12)
  t.same(offsets, upTo(12))
})

t.test('a repeated event on the same connection is dropped', async (t) => {
  const hub = await startFakeHub(t)
  hub.greet = (socket) => {
    for (const offset of [1, 2, 2, 1, 3]) socket.emit('call', newMessage(offset, 'call'))
    socket.emit('resumed', { from: 0, to: 5, count: 3, complete: true })
    for (const offset of [4, 5, 6]) socket.emit('call', newMessage(offset, 'call'))
  }
  const { offsets, until } = follow(t, hub.url, { offset: 0 })
  await until(() => offsets.includes(6))
  t.same(offsets, [1, 2, 3, 6])
})

t.test('other messages of the namespace are not events', async (t) => {
  const hub = await startFakeHub(t)
  hub.greet = (socket) => {
    socket.emit('resumed', { from: 0, to: 1, count: 0, complete: true })
    for (const args of [[], [1], [null], ['text'], [{ hi: 1 }], [{ offset: 'x' }]]) socket.emit('notice', ...args)
    socket.emit('call', newMessage(2, 'call'))
  }
  const { connection, offsets, resumed, until } = follow(t, hub.url, { offset: 0 })
  await until(() => offsets.length > 0)
  t.same(offsets, [2])
  t.equal(resumed.length, 1)
  await untilSo(() => connection.offset === 2)
})

t.test('options that would lose events throw', async (t) => {
  for (const offset of [Number.NaN, -1, 1.5, Infinity, '1', null, {}]) {
    t.throws(() => connectInstance('ws://localhost:1', { apikey: KEY, offset: offset as number, onEvent: () => {} }), {
      name: 'TypeError',
      message: /^offset: expected a whole number from 0, or 'latest' \(got /
    })
  }
  const incomplete = { apikey: KEY } as ConnectInstanceOptions
  t.throws(() => connectInstance('ws://localhost:1', incomplete), new TypeError('onEvent: expected a function'))
})

t.test('after a change of the log, all of its events are received', async (t) => {
  const hub = await startFakeHub(t)
  const { connection, offsets, resumed, until } = follow(t, hub.url, { offset: 0 })
  await hub.until(() => hub.sockets.size === 1)
  hub.emit(5)
  await until(() => offsets.length === 5)

  hub.log = []
  hub.drop()
  await until(() => resumed.length === 2)
  t.same(resumed[1], { from: 0, to: 0, count: 0, complete: false }, 'nothing in it yet')
  t.equal(connection.offset, 0)
  hub.emit(4)
  await until(() => offsets.length === 9)

  hub.drop()
  await hub.until(() => hub.sockets.size === 0)
  hub.log = []
  hub.emit(2)
  await until(() => resumed.length === 3)
  t.same(offsets, [...upTo(5), ...upTo(4), ...upTo(2)])
  t.same(resumed[2], { from: 0, to: 2, count: 2, complete: false })
})

t.test('after the message that announces another log, the offset is 0', async (t) => {
  const hub = await startFakeHub(t)
  hub.greet = (socket) => {
    if (hub.attempts.length > 1) return
    socket.emit('resuming', { offset: 0, log: 'new' })
    socket.conn.close()
  }
  const { connection } = follow(t, hub.url, { offset: 7, log: 'old' })
  await hub.until(() => hub.attempts.length === 2)
  t.match(hub.attempts, [
    { offset: 7, log: 'old' },
    { offset: 0, log: 'new' }
  ])
  t.equal(connection.offset, 0)
})

t.test('the key and the filters are sent to the server', async (t) => {
  const hub = await startFakeHub(t)
  const { offsets, resumed, until } = follow(t, hub.url, { events: ['call'], instances: ['sales'], offset: 0 })
  await until(() => resumed.length === 1)
  t.same(hub.attempts, [{ apikey: KEY, offset: 0, events: ['call'], instances: ['sales'] }])
  hub.emit(2)
  hub.emit(1, 'call')
  await until(() => offsets.length > 0)
  t.same(offsets, [3])
  const plain = follow(t, hub.url)
  await plain.until(() => plain.resumed.length === 1)
  t.same(hub.attempts[1], { apikey: KEY, offset: 'latest' })
})

t.test('two connections share no network connection', async (t) => {
  const hub = await startFakeHub(t)
  const support = once(hub.io.of('/support'), 'connection')
  const { resumed, until } = follow(t, hub.url)
  follow(t, hub.url.replace('sales', 'support'))
  await Promise.all([support, until(() => resumed.length === 1)])
  t.equal(hub.io.engine.clientsCount, 2)
})

t.test('a server that starts later is connected to', async (t) => {
  const busy = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(busy, 'listening')
  const { port } = busy.address() as AddressInfo
  const { connection, errors, resumed, until } = follow(t, `ws://127.0.0.1:${port}/sales`, { offset: 7 })
  await once(busy, 'connection')
  await once(busy, 'connection')
  busy.close()
  await once(busy, 'close')
  t.equal(connection.connected, false)
  const hub = await startFakeHub(t, { port })
  await until(() => resumed.length === 1)
  t.same(hub.attempts, [{ apikey: KEY, offset: 7 }])
  t.same(errors, [])
})

t.test('events that arrive while the connection ends are received once', async (t) => {
  const hub = await startFakeHub(t)
  const { offsets, resumed, until } = follow(t, hub.url, { transports: ['polling'], offset: 0 })
  const endAfter = async (connections: number, ...messages: InstanceMessage[]) => {
    await until(() => resumed.length === connections)
    const [socket] = hub.sockets
    const transport = socket?.conn.transport
    if (!transport?.writable) await once(transport as NonNullable<typeof transport>, 'ready')
    // Both in one reply of long polling: Socket.IO reads the events after it has closed the connection.
    const packets = messages.map((message) => `2/sales,${JSON.stringify([message.event, message])}`)
    transport?.send([...packets.map((data) => ({ type: 'message' as const, data })), { type: 'close' }])
    hub.sockets.delete(socket as NonNullable<typeof socket>)
  }
  hub.log = [1, 2, 3].map((offset) => newMessage(offset))
  await endAfter(1, newMessage(1), newMessage(2))
  await until(() => resumed.length === 2)
  t.same(offsets, [1, 2, 3])

  hub.log = [newMessage(1)]
  await endAfter(2, newMessage(4), newMessage(5))
  await until(() => resumed.length === 3)
  t.same(offsets, [1, 2, 3, 1], 'also with another log')
})
