import t from 'tap'
import { connectInstance, type Resumed } from '../../lib/client/connect-instance.ts'
import { KEY, startFakeHub } from '../support/fake-hub.ts'
import { follow, gate } from '../support/follow.ts'

t.test('a refusal ends the connection, and onError gets the reason', async (t) => {
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

t.test('a notice that the namespace carries no events ends the connection as a refusal does', async (t) => {
  const hub = await startFakeHub(t)
  hub.greet = (socket) => {
    socket.emit('notice', 'of the host')
    socket.emit('notice', { code: 'IEV_WS_DISABLED', message: 'Global events are switched off' })
  }
  const { connection, errors, until } = follow(t, hub.url)
  await until(() => errors.length > 0)
  t.match(errors, [{ code: 'IEV_WS_DISABLED', message: 'Global events are switched off' }])
  t.equal(connection.connected, false)
})

t.test('a temporary refusal is reported, and the connection is tried again when the server allows it', async (t) => {
  const hub = await startFakeHub(t)
  const times: number[] = []
  hub.refuse = (attempt) => {
    times.push(performance.now())
    const refusal = { code: 'IEV_WS_RATE_LIMITED', message: 'Too many wrong keys' }
    if (attempt === 1) return { ...refusal, code: 'IEV_WS_TOO_MANY_SOCKETS', retryAfterMs: 50 }
    return attempt === 2 ? refusal : undefined
  }
  const { resumed, errors, until } = follow(t, hub.url)
  await until(() => resumed.length === 1)
  const [first = 0, second = 0, third = 0] = times
  t.ok(second - first >= 49, 'after the time that the server states')
  t.ok(third - second >= 999, 'after a second if it states none')
  t.strictSame(
    errors.map(({ code, message, retryAfterMs }) => ({ code, message, retryAfterMs })),
    [
      { code: 'IEV_WS_TOO_MANY_SOCKETS', message: 'Too many wrong keys', retryAfterMs: 50 },
      { code: 'IEV_WS_RATE_LIMITED', message: 'Too many wrong keys', retryAfterMs: 1_000 }
    ]
  )
})

t.test('without onError, a temporary refusal is waited for', async (t) => {
  const hub = await startFakeHub(t)
  hub.refuse = (attempt) =>
    attempt === 1 ? { code: 'IEV_WS_RATE_LIMITED', message: 'Too many', retryAfterMs: 10 } : undefined
  const { promise: resumed, resolve } = Promise.withResolvers<Resumed>()
  const connection = connectInstance(hub.url, { apikey: KEY, onEvent: () => {}, onResumed: resolve })
  t.after(() => connection.close())
  await resumed
  t.equal(hub.attempts.length, 2)
})

t.test('a connection that onError closes during a temporary refusal stays closed', async (t) => {
  const hub = await startFakeHub(t)
  hub.refuse = () => ({ code: 'IEV_WS_RATE_LIMITED', message: 'Too many', retryAfterMs: 10 })
  const { promise: refused, resolve } = Promise.withResolvers<void>()
  const connection = connectInstance(hub.url, {
    apikey: KEY,
    onEvent: () => {},
    onError: () => {
      connection.close()
      resolve()
    }
  })
  await refused
  // This connection was refused later for the same time, so the first one would have connected by now.
  const { errors, until } = follow(t, hub.url, { offset: 0 })
  await until(() => errors.length === 2)
  t.same(
    hub.attempts.map(({ offset }) => offset),
    ['latest', 0, 0]
  )
})

t.test('a connection that is closed during a temporary refusal stays closed', async (t) => {
  const hub = await startFakeHub(t)
  hub.refuse = (attempt) =>
    attempt <= 2 ? { code: 'IEV_WS_RATE_LIMITED', message: 'Too many', retryAfterMs: 50 } : undefined
  const { connection } = follow(t, hub.url)
  await hub.until(() => hub.attempts.length === 1)
  // The second connection is refused later for the same time, so the first one would have connected by then.
  const second = follow(t, hub.url, { offset: 0 })
  await hub.until(() => hub.attempts.length === 2)
  connection.close()
  await second.until(() => second.resumed.length === 1)
  t.same(
    hub.attempts.map(({ offset }) => offset),
    ['latest', 0, 0]
  )
})

t.test('a connection that the server disconnects tries again', async (t) => {
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
  t.same(offsets, [1, 2, 3], 'after a new connection, events continue')
  t.same(errors, [])

  hub.refuse = () => ({ code: 'IEV_WS_UNAUTHORIZED', message: 'The key does not authorize this namespace' })
  expel()
  await until(() => errors.length === 1)
  t.match(errors, [{ code: 'IEV_WS_UNAUTHORIZED' }], 'a refusal ends the connection')
  t.equal(connection.connected, false)
})

t.test('a connection that the server accepts and disconnects twice in a row ends', async (t) => {
  const hub = await startFakeHub(t)
  hub.greet = (socket) => void socket.disconnect()
  const { errors, until } = follow(t, hub.url)
  await until(() => errors.length === 1)
  t.match(errors, [{ code: 'IEV_CLIENT_EXPELLED' }])
  t.equal(hub.attempts.length, 2)
})

t.test('events before a refusal are handled before onError is called', async (t) => {
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
