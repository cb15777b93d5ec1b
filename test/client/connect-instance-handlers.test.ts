import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { connectInstance, type Resumed } from '../../lib/client/connect-instance.ts'
import { KEY, startFakeHub } from '../support/fake-hub.ts'
import { follow, gate, upTo } from '../support/follow.ts'

t.test('a slow handler gets every event, and at most 1,000 wait for it', async (t) => {
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
  // One event is being handled, and 1,001 wait, one more than the maximum.
  t.equal(hub.attempts[2]?.offset, 1_002)
  t.same(errors, [])
  t.equal(connection.offset, 3_500)
  t.equal(connection.connected, true)
})

t.test('a connection that is closed while it pauses for a slow handler stays closed', async (t) => {
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

t.test('a connection that has paused for a slow handler still waits after a temporary refusal', async (t) => {
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

t.test('a synchronous handler gets a burst on one connection', async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(5_000)
  const offsets: number[] = []
  const { promise, resolve } = Promise.withResolvers<Resumed>()
  const connection = connectInstance(hub.url, {
    apikey: KEY,
    // One reply of a poll contains all events.
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

t.test('a handler that throws ends the connection, whose offset is before that event', async (t) => {
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

t.test('without onError, the error of a handler is thrown', async (t) => {
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

t.test('close drops waiting events, and the offset includes the event of the running handler', async (t) => {
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

t.test('a handler that closes the connection gets no further events', async (t) => {
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
