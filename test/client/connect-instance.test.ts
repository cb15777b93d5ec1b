import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import {
  connectInstance,
  type ConnectInstanceOptions,
  type ConnectionError,
  type InstanceMessage,
  type Resumed
} from '../../lib/client/connect-instance.ts'
import { KEY, newMessage, startFakeHub } from '../support/fake-hub.ts'
import { Watch } from '../support/watch.ts'

/** A connection that notes what it gets; closed after the test. */
function follow(t: Test, url: string, options: Partial<ConnectInstanceOptions> = {}) {
  const watch = new Watch()
  const messages: InstanceMessage[] = []
  const offsets: number[] = []
  const resumed: Resumed[] = []
  const errors: ConnectionError[] = []
  const connection = connectInstance(url, {
    apikey: KEY,
    transports: ['websocket'],
    reconnectionDelay: 10,
    ...options,
    onEvent: async (message) => {
      messages.push(message)
      offsets.push(message.offset)
      watch.changed()
      await options.onEvent?.(message)
    },
    onResumed: (message) => {
      resumed.push(message)
      watch.changed()
      options.onResumed?.(message)
    },
    onError: (error) => {
      errors.push(error)
      watch.changed()
    }
  })
  t.after(() => connection.close())
  return { connection, messages, offsets, resumed, errors, until: (isSo: () => boolean) => watch.until(isSo) }
}

/** A handler that waits until it is let go. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { pass: () => promise, open: resolve }
}

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

t.test('from now on, unless an offset says otherwise', async (t) => {
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

t.test('the offset counts what has been handled, and where the server said it stands', async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(3)
  const { pass, open } = gate()
  const { connection, offsets, resumed, until } = follow(t, hub.url, { offset: 0, events: ['call'], onEvent: pass })
  await until(() => resumed.length === 1)
  t.equal(connection.offset, 3, 'what the filter left out is not asked for again')
  hub.emit(2, 'call')
  await until(() => offsets.length === 1)
  t.equal(connection.offset, 3, 'while it is handled')
  open()
  await until(() => offsets.length === 2)
  t.equal(connection.offset, 4)
})

t.test('connections that drop leave no gap and bring no repeat', async (t) => {
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

t.test('what waits for its handler when the connection drops does not come again', async (t) => {
  const hub = await startFakeHub(t)
  const { pass, open } = gate()
  const { connection, offsets, resumed, until } = follow(t, hub.url, { offset: 0, onEvent: pass })
  await hub.until(() => hub.sockets.size === 1)
  hub.emit(10)
  await until(() => offsets.length === 1)
  // Behind the ten, so they have been received.
  hub.drop()
  await hub.until(() => hub.attempts.length === 2)
  t.equal(hub.attempts[1]?.offset, 10)
  t.equal(connection.offset, 0)
  hub.emit(2)
  open()
  await until(() => resumed.length === 2 && offsets.length === 12)
  t.same(offsets, upTo(12))
})

t.test('a repeat on the same connection is dropped', async (t) => {
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

t.test('what else is sent to its namespace is not taken for an event', async (t) => {
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
  while (connection.offset !== 2) await turn()
})

t.test('options that would lose events are refused at once', async (t) => {
  for (const offset of [Number.NaN, -1, 1.5, Infinity, '1', null, {}]) {
    t.throws(() => connectInstance('ws://localhost:1', { apikey: KEY, offset: offset as number, onEvent: () => {} }), {
      name: 'TypeError',
      message: /^offset: takes a whole number from 0, or 'latest' \(got /
    })
  }
  const incomplete = { apikey: KEY } as ConnectInstanceOptions
  t.throws(() => connectInstance('ws://localhost:1', incomplete), new TypeError('onEvent: takes a function'))
})

t.test('a log that was begun anew is read from its start', async (t) => {
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

t.test('the key and the filters are sent', async (t) => {
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

t.test('each has a network connection of its own', async (t) => {
  const hub = await startFakeHub(t)
  const support = once(hub.io.of('/support'), 'connection')
  const { resumed, until } = follow(t, hub.url)
  follow(t, hub.url.replace('sales', 'support'))
  await Promise.all([support, until(() => resumed.length === 1)])
  t.equal(hub.io.engine.clientsCount, 2)
})

t.test('a refusal ends it, and onError is told why', async (t) => {
  const hub = await startFakeHub(t)
  hub.refuse = () => ({ code: 'IEV_WS_NOT_SET', message: 'No events are selected' })
  const { connection, errors, until } = follow(t, hub.url)
  await until(() => errors.length > 0)
  t.match(errors, [{ code: 'IEV_WS_NOT_SET', message: 'No events are selected' }])
  t.notOk(Object.hasOwn(errors[0] as Error, 'cause'))
  t.equal(connection.connected, false)

  const elsewhere = follow(t, hub.url.replace('sales', 'support'))
  await elsewhere.until(() => elsewhere.errors.length > 0)
  t.match(elsewhere.errors, [{ code: 'IEV_CLIENT_REFUSED', message: 'Invalid namespace' }], 'without a code')
  t.equal(hub.attempts.length, 1)
})

t.test('a server that is not there yet is waited for', async (t) => {
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

t.test('refused for rate, it comes back when it may', async (t) => {
  const hub = await startFakeHub(t)
  const times: number[] = []
  hub.refuse = (attempt) => {
    times.push(performance.now())
    const refusal = { code: 'IEV_WS_RATE_LIMITED', message: 'Too many wrong keys' }
    if (attempt === 1) return { ...refusal, retryAfterMs: 50 }
    return attempt === 2 ? refusal : undefined
  }
  const { resumed, errors, until } = follow(t, hub.url)
  await until(() => resumed.length === 1)
  const [first = 0, second = 0, third = 0] = times
  t.ok(second - first >= 49, 'as long as the server says')
  t.ok(third - second >= 999, 'a second, if it does not say')
  t.same(errors, [])
})

t.test('closed while it waits to come back, it stays away', async (t) => {
  const hub = await startFakeHub(t)
  hub.refuse = (attempt) =>
    attempt <= 2 ? { code: 'IEV_WS_RATE_LIMITED', message: 'Too many', retryAfterMs: 50 } : undefined
  const { connection } = follow(t, hub.url)
  await hub.until(() => hub.attempts.length === 1)
  // The second is refused later than the first, for as long, and comes back: by then the first would have, too.
  const second = follow(t, hub.url, { offset: 0 })
  await hub.until(() => hub.attempts.length === 2)
  connection.close()
  await second.until(() => second.resumed.length === 1)
  t.same(
    hub.attempts.map(({ offset }) => offset),
    ['latest', 0, 0]
  )
})

t.test('disconnected by the server, it asks once more', async (t) => {
  const hub = await startFakeHub(t)
  const { connection, offsets, errors, resumed, until } = follow(t, hub.url, { offset: 0 })
  const expel = () => {
    for (const socket of hub.sockets) socket.disconnect()
  }
  for (let round = 1; round <= 3; round++) {
    await until(() => resumed.length === round)
    expel()
    hub.emit(1)
  }
  await until(() => offsets.length === 3 && resumed.length === 4)
  t.same(offsets, [1, 2, 3], 'admitted again, it goes on')
  t.same(errors, [])

  hub.refuse = () => ({ code: 'IEV_WS_UNAUTHORIZED', message: 'The key does not open this namespace' })
  expel()
  await until(() => errors.length === 1)
  t.match(errors, [{ code: 'IEV_WS_UNAUTHORIZED' }], 'refused, it ends')
  t.equal(connection.connected, false)
})

t.test('admitted and disconnected again and again, it gives up', async (t) => {
  const hub = await startFakeHub(t)
  hub.greet = (socket) => void socket.disconnect()
  const { errors, until } = follow(t, hub.url)
  await until(() => errors.length === 1)
  t.match(errors, [{ code: 'IEV_CLIENT_EXPELLED' }])
  t.equal(hub.attempts.length, 2)
})

t.test('what came before a refusal is handled before it is told', async (t) => {
  const hub = await startFakeHub(t)
  const { pass, open } = gate()
  hub.emit(3)
  let left = false
  hub.greet = (socket) => {
    for (const message of hub.log) socket.emit(message.event, message)
    hub.refuse = (_attempt, { conn }) => {
      conn.once('close', () => {
        left = true
        hub.changed()
      })
      return { code: 'IEV_WS_UNAUTHORIZED', message: 'The instance is gone' }
    }
    socket.disconnect()
  }
  const { connection, offsets, errors, until } = follow(t, hub.url, { offset: 0, onEvent: pass })
  await hub.until(() => left)
  t.same(errors, [])
  open()
  await until(() => errors.length === 1)
  t.same(offsets, [1, 2, 3])
  t.equal(connection.offset, 3)
})

t.test('what was still coming in when the connection ended comes once', async (t) => {
  const hub = await startFakeHub(t)
  const { offsets, resumed, until } = follow(t, hub.url, { transports: ['polling'], offset: 0 })
  const endAfter = async (connections: number, ...messages: InstanceMessage[]) => {
    await until(() => resumed.length === connections)
    const [socket] = hub.sockets
    const transport = socket?.conn.transport
    if (!transport?.writable) await once(transport as NonNullable<typeof transport>, 'ready')
    // One reply of long polling with both: Socket.IO reads the events after it has closed the connection.
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
  t.same(offsets, [1, 2, 3, 1], 'also if the log is another one then')
})

t.test('a slow handler gets everything, and no more than 1,000 wait for it', async (t) => {
  const hub = await startFakeHub(t)
  const { pass, open } = gate()
  hub.emit(3_500)
  const { connection, offsets, resumed, errors, until } = follow(t, hub.url, { offset: 0, onEvent: pass })
  await hub.until(() => hub.attempts.length === 1 && hub.sockets.size === 1)
  await hub.until(() => hub.sockets.size === 0)
  t.equal(connection.connected, false)
  t.same(offsets, [1])
  const other = follow(t, hub.url)
  await other.until(() => other.resumed.length === 1)
  other.connection.close()
  t.equal(hub.attempts.length, 2, 'it stays away until all that waits is handled')
  open()
  await until(() => offsets.length === 3_500 && resumed.length > 0)
  t.same(offsets, upTo(3_500))
  // One is in hand, 1,001 wait: that is one too many.
  t.equal(hub.attempts[2]?.offset, 1_002)
  t.same(errors, [])
  t.equal(connection.offset, 3_500)
  t.equal(connection.connected, true)
})

t.test('closed while it stays away for a slow handler, it does not come back', async (t) => {
  const hub = await startFakeHub(t)
  const { pass, open } = gate()
  hub.emit(2_000)
  const { connection, offsets } = follow(t, hub.url, { offset: 0, onEvent: pass })
  await hub.until(() => hub.attempts.length === 1 && hub.sockets.size === 1)
  await hub.until(() => hub.sockets.size === 0)
  connection.close()
  open()
  await turn()
  t.equal(connection.offset, 1)
  const other = follow(t, hub.url)
  await other.until(() => other.resumed.length === 1)
  t.same(offsets, [1])
  t.equal(hub.attempts.length, 2)
})

t.test('having stayed away once, it does not come back earlier than it may another time', async (t) => {
  const hub = await startFakeHub(t)
  const gates = [gate(), gate()]
  hub.emit(1_500)
  const { connection, resumed, until } = follow(t, hub.url, {
    offset: 0,
    onEvent: ({ offset }) => gates[offset === 1 ? 0 : offset === 1_501 ? 1 : 2]?.pass()
  })
  await hub.until(() => hub.attempts.length === 1 && hub.sockets.size === 1)
  await hub.until(() => hub.sockets.size === 0)
  gates[0]?.open()
  await until(() => resumed.length > 0)
  const before = hub.attempts.length
  hub.emit(1)
  await until(() => connection.offset === 1_500)

  hub.refuse = (attempt) =>
    attempt === before + 1 ? { code: 'IEV_WS_RATE_LIMITED', message: 'Later', retryAfterMs: 60_000 } : undefined
  const [socket] = hub.sockets
  socket?.disconnect()
  await hub.until(() => hub.attempts.length === before + 1)
  gates[1]?.open()
  await turn()
  t.equal(connection.offset, 1_501)
  const other = follow(t, hub.url)
  await other.until(() => other.resumed.length === 1)
  t.equal(hub.attempts.length, before + 2)
})

t.test('a handler that returns keeps pace with any burst', async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(5_000)
  const offsets: number[] = []
  const { promise, resolve } = Promise.withResolvers<Resumed>()
  const connection = connectInstance(hub.url, {
    apikey: KEY,
    // The reply of a poll has them all.
    transports: ['polling'],
    offset: 0,
    onEvent: ({ offset }) => void offsets.push(offset),
    onResumed: resolve
  })
  t.after(() => connection.close())
  t.match(await promise, { to: 5_000, count: 5_000 })
  t.same(offsets, upTo(5_000))
  t.equal(hub.attempts.length, 1)
})

t.test('a handler that fails ends it, before the event it failed at', async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(4)
  const cause = new Error('The disk is full')
  const { connection, offsets, errors, until } = follow(t, hub.url, {
    offset: 0,
    onEvent: ({ offset }) => (offset === 3 ? Promise.reject(cause) : undefined)
  })
  await until(() => errors.length > 0)
  t.match(errors, [{ code: 'IEV_CLIENT_HANDLER_FAILED', cause }])
  await hub.until(() => hub.sockets.size === 0)
  t.equal(connection.offset, 2)
  t.equal(connection.connected, false)
  t.same(offsets, [1, 2, 3])

  const throwing = follow(t, hub.url, {
    offset: 0,
    onResumed: () => {
      throw cause
    }
  })
  await throwing.until(() => throwing.errors.length > 0)
  t.equal(throwing.errors[0]?.cause, cause, 'onResumed counts as well')
  t.equal(throwing.connection.offset, 4)
  t.equal(hub.attempts.length, 2)
})

t.test('without onError a failure ends the program', async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(1)
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { connectInstance } from './lib/client/connect-instance.ts'
      connectInstance('${hub.url}', { apikey: '', offset: 0, onEvent() { throw new Error('The disk is full') } })`
    ],
    { cwd: new URL('../../', import.meta.url) }
  )
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  t.same((await once(child, 'close'))[0], 1)
  t.match(text, /IEV_CLIENT_HANDLER_FAILED[^]*The disk is full|The disk is full[^]*IEV_CLIENT_HANDLER_FAILED/)
})

t.test('closed, it drops what waits, and counts what its handler finishes', async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(10)
  const { pass, open } = gate()
  const handled: number[] = []
  const { connection, offsets, errors, until } = follow(t, hub.url, {
    offset: 0,
    onEvent: async ({ offset }) => {
      await pass()
      handled.push(offset)
    }
  })
  await until(() => offsets.length === 1)
  connection.close()
  connection.close()
  await hub.until(() => hub.sockets.size === 0)
  t.equal(connection.connected, false)
  t.equal(connection.offset, 0)
  open()
  const again = follow(t, hub.url, { offset: 9 })
  await again.until(() => again.resumed.length === 1)
  t.same(handled, [1])
  t.equal(connection.offset, 1)
  t.same(errors, [])
  t.equal(hub.attempts.length, 2)
})

t.test('closed by its own handler while more comes in, it is over', async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(2_000)
  const { connection, offsets, until } = follow(t, hub.url, {
    offset: 0,
    onEvent: ({ offset }) => {
      if (offset === 5) connection.close()
    }
  })
  await until(() => offsets.length === 5)
  await hub.until(() => hub.sockets.size === 0)
  const again = follow(t, hub.url)
  await again.until(() => again.resumed.length === 1)
  t.same(offsets, upTo(5))
  t.equal(connection.offset, 5)
  t.equal(hub.attempts.length, 2)
})
