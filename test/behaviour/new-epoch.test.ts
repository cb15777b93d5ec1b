import t from 'tap'
import { API_KEY } from '../support/build.ts'
import { follow, gate } from '../support/follow.ts'
import { rawListener } from '../support/raw-socket.ts'
import { data, emit } from '../support/resuming.ts'
import { startWithEpochs } from '../support/server-with-epochs.ts'
import { LARGE } from '../support/slowness.ts'
import { client, connect } from '../support/sockets.ts'
import { until as untilSo } from '../support/until.ts'

const auth = { apikey: API_KEY }

t.test('live sockets that resume are told of a new epoch; nothing else changes if nothing was lost', async (t) => {
  const { app, url, held, enter } = await startWithEpochs(t)
  held.open()
  const resuming = await connect(t, `${url}/sales`, API_KEY, { auth: { ...auth, offset: 0 } })
  const plain = await connect(t, `${url}/sales`, API_KEY)
  await emit(app, 'sales', 1, 2)
  await resuming.until(3)
  await enter(2)
  await emit(app, 'sales', 3)
  t.strictSame((await resuming.until(5)).at(-2), { event: 'resuming', message: { offset: 2, log: 'second' } })
  t.strictSame(data(resuming.received).slice(1), [1, 2, { offset: 2 }, 3])
  t.strictSame(data(await plain.until(3)), [1, 2, 3])
})

t.test('a client of an epoch that has ended is told of the new one before its events', async (t) => {
  const { app, url, held, first, enter } = await startWithEpochs(t)
  held.open()
  await emit(app, 'sales', 1, 2, 3)
  await enter(2)
  const { received, until } = client(t, `${url}/sales`, { auth: { ...auth, offset: 1, log: first } })
  t.strictSame(data(await until(4)), [{ offset: 1 }, 2, 3, { from: 1, to: 3, count: 2, complete: true }])
  t.strictSame([received[0]?.message.log, received[3]?.message.log], ['second', 'second'])
})

t.test('live sockets that resume are set back to what a new epoch has left of the one before', async (t) => {
  const { app, url, held, enter } = await startWithEpochs(t)
  held.open()
  const resuming = await connect(t, `${url}/sales`, API_KEY, { auth: { ...auth, offset: 0 } })
  const plain = await connect(t, `${url}/sales`, API_KEY)
  await emit(app, 'sales', 1, 2, 3)
  await resuming.until(4)
  await enter(1)
  const setBack = [{ offset: 1 }, 2, 3, { from: 1, to: 3, count: 2, complete: false }]
  t.strictSame(data(await resuming.until(8)).slice(4), setBack)
  t.equal(resuming.received[4]?.message.log, 'second-incomplete')
  t.equal(resuming.received[7]?.message.log, 'second')
  await emit(app, 'sales', 4)
  t.strictSame(data(await resuming.until(9)).at(-1), 4)
  t.strictSame(data(await plain.until(6)), [1, 2, 3, 2, 3, 4])
})

t.test('the log of connectInstance is that of its offset, also while a handler is slow', async (t) => {
  const { app, url, held, first, enter } = await startWithEpochs(t)
  held.open()
  const { pass, open } = gate()
  const kept: unknown[] = []
  const { connection, until } = follow(t, `${url}/sales`, {
    apikey: API_KEY,
    offset: 0,
    onEvent: async ({ offset }) => {
      if (offset === 2) await pass()
      kept.push({ offset, log: connection.log })
    }
  })
  const other = await connect(t, `${url}/sales`, API_KEY, { auth: { ...auth, offset: 0 } })
  await untilSo(() => connection.log === first)
  await emit(app, 'sales', 1, 2)
  await until(() => kept.length === 1)
  await enter(1)
  await other.until(6)
  open()
  await until(() => connection.offset === 2 && connection.log === 'second')
  t.strictSame(kept, [
    { offset: 1, log: first },
    { offset: 2, log: first },
    { offset: 2, log: 'second-incomplete' }
  ])
})

t.test('a page that is read while a new epoch begins is not sent', async (t) => {
  const { app, url, held, first, enter } = await startWithEpochs(t)
  await emit(app, 'sales', 1, 2, 3)
  const { received, until } = client(t, `${url}/sales`, { auth: { ...auth, offset: 2, log: first } })
  const page = await held.read()
  await enter(1)
  page.answer()
  held.open()
  t.strictSame(data(await until(4)), [{ offset: 1 }, 2, 3, { from: 1, to: 3, count: 2, complete: false }])
  t.equal(received[0]?.message.log, 'second-incomplete')
})

t.test('a client that did not name its log is told of what is lost while it resumes', async (t) => {
  const { app, url, held, enter } = await startWithEpochs(t)
  await emit(app, 'sales', 1, 2, 3)
  const { until } = client(t, `${url}/sales`, { auth: { ...auth, offset: 2 } })
  const page = await held.read()
  await enter(1)
  page.answer()
  held.open()
  t.strictSame(data(await until(4)), [{ offset: 1 }, 2, 3, { from: 1, to: 3, count: 2, complete: false }])
})

t.test('a page that is read while the log goes back to an epoch from a later one is not sent', async (t) => {
  const { app, url, held, first, enter } = await startWithEpochs(t)
  await emit(app, 'sales', 1, 2, 3)
  const { until } = client(t, `${url}/sales`, { auth: { ...auth, offset: 2, log: first } })
  const page = await held.read()
  for (const id of ['second', first]) await enter(1, { id })
  page.answer()
  held.open()
  await until(2)
  await emit(app, 'sales', 4)
  t.strictSame(data(await until(3)), [3, { from: 2, to: 3, count: 1, complete: true }, 4])
})

t.test('a client that lost its connection before it was told that events are missing is told later', async (t) => {
  const { app, url, held } = await startWithEpochs(t)
  held.open()
  await emit(app, 'sales', 1, 2)
  const { id: log } = await held.store.log.range()
  const again = client(t, `${url}/sales`, { auth: { ...auth, offset: 1, log: `${log}-incomplete` } })
  t.strictSame(data(await again.until(2)), [2, { from: 1, to: 2, count: 1, complete: false }])
  t.equal(again.received[1]?.message.log, log)
})

t.test('a client whose log cannot be compared is disconnected, and comes back', async (t) => {
  const { app, url, held, first, enter } = await startWithEpochs(t)
  held.open()
  await emit(app, 'sales', 1, 2, 3)
  await enter(2)
  const { log } = held.store
  const commonWith = log.commonWith.bind(log)
  let asked = 0
  t.intercept(log, 'commonWith', {
    value: (id: string) => (asked++ === 0 ? Promise.reject(new Error('disk trouble')) : commonWith(id))
  })
  const { until } = client(t, `${url}/sales`, { auth: { ...auth, offset: 1, log: first }, reconnectionDelay: 10 })
  t.strictSame(data(await until(4)), [{ offset: 1 }, 2, 3, { from: 1, to: 3, count: 2, complete: true }])
  t.equal(asked, 2)
})

t.test('a client of the current epoch that is past the end of the log is set back to the end', async (t) => {
  const { app, url, held, first } = await startWithEpochs(t)
  held.open()
  await emit(app, 'sales', 1, 2)
  const { until } = client(t, `${url}/sales`, { auth: { ...auth, offset: 5, log: first } })
  t.strictSame(data(await until(2)), [{ offset: 2 }, { from: 2, to: 2, count: 0, complete: false }])
  await emit(app, 'sales', 3)
  t.strictSame(data(await until(3)).at(-1), 3)
})

t.test(
  'a client that waits until its node has reached its offset is set back when a new epoch lacks that',
  async (t) => {
    const { app, url, held, first, enter } = await startWithEpochs(t, { isBehind: true })
    held.open()
    await emit(app, 'sales', 1, 2, 3)
    const asked = t.capture(held.store.log, 'range', held.store.log.range.bind(held.store.log))
    const clients = [first, undefined].map((log) => client(t, `${url}/sales`, { auth: { ...auth, offset: 3, log } }))
    let count = 0
    await untilSo(() => (count += asked().length) === 2)
    await enter(1)
    for (const { until } of clients)
      t.strictSame(data(await until(4)), [{ offset: 1 }, 2, 3, { from: 1, to: 3, count: 2, complete: false }])
  }
)

t.test('before the first event of a new epoch sockets are at the end of what is left', async (t) => {
  const { app, url, held, first, enter } = await startWithEpochs(t)
  held.open()
  await emit(app, 'sales', 1, 2, 3)
  const { log } = held.store
  const range = log.range.bind(log)
  // Another node is far ahead of this one.
  const asked = t.capture(log, 'range', async () => ({ ...(await range()), head: 9 }))
  const waiting = client(t, `${url}/sales`, { auth: { ...auth, offset: 5, log: first } })
  await untilSo(() => asked().length > 0)
  await enter(1, { hears: false })
  t.strictSame(data(await waiting.until(2)), [{ offset: 1 }, { from: 1, to: 1, count: 0, complete: false }])
  const latest = client(t, `${url}/sales`, { auth: { ...auth, offset: 'latest' } })
  t.strictSame(data(await latest.until(1)), [{ from: 1, to: 1, count: 0, complete: true }])
})

t.test('a client past the end of the log is compared with an epoch that begins at that moment', async (t) => {
  const { app, url, held, first, enter } = await startWithEpochs(t)
  held.open()
  await emit(app, 'sales', 1, 2, 3)
  const { log } = held.store
  const range = log.range.bind(log)
  let entering: Promise<void> | undefined
  t.intercept(log, 'range', { value: () => (entering ??= enter(1)).then(() => range()) })
  const { until } = client(t, `${url}/sales`, { auth: { ...auth, offset: 5, log: first } })
  t.strictSame(data(await until(4)), [{ offset: 1 }, 2, 3, { from: 1, to: 3, count: 2, complete: false }])
})

t.test('a live socket without room that never asked for offsets gets what a new epoch has', async (t) => {
  const { app, url, held, enter } = await startWithEpochs(t, { maxBufferedBytesTotal: 100_000 })
  held.open()
  const { ws } = await rawListener(t, url, '/sales', auth)
  ws.pause()
  const plain = await connect(t, `${url}/support`, API_KEY)
  await emit(app, 'support', 1)
  await emit(app, 'sales', LARGE)
  await untilSo(() => app.websocket.bufferedBytes > 0)
  await emit(app, 'support', 'y'.repeat(60_000))
  t.equal(app.websocket.replaying, 1)
  await enter(0)
  ws.terminate()
  t.strictSame(data(await plain.until(3)), [1, 1, 'y'.repeat(60_000)])
})
