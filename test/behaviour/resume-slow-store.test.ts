import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import type { LogSubscriber } from '../../lib/store/log-store.ts'
import { API_KEY, listen } from '../support/build.ts'
import { pollingClient } from '../support/polling.ts'
import { data, emit, emitMany, heldStore, numbers } from '../support/resuming.ts'
import { rawData, rawListener } from '../support/raw-socket.ts'
import { client, connect, next } from '../support/sockets.ts'
import { soon, soonOnce, until as untilSo } from '../support/until.ts'

type App = Awaited<ReturnType<typeof listen>>['app']

/** Starts a server whose reads of the log wait for the test. */
async function start(t: Parameters<typeof listen>[0]) {
  const held = heldStore(t)
  const { app, url } = await listen(t, { sqs: false, eventLog: { store: held.store } })
  await app.websocket.set('sales', { enabled: true, events: ['CALL'] })
  const resume = (offset: number) => client(t, `${url}/sales`, { auth: { apikey: API_KEY, offset } })
  return { app, url, held, resume }
}

/** Resolves when the only socket of sales has disconnected on the server. */
function left(app: App): Promise<unknown> {
  const [socket] = app.io.of('/sales').sockets.values()
  return socket ? soonOnce(socket, 'disconnect') : Promise.reject(new Error('there is none'))
}

for (const answer of ['answer', 'answerLate'] as const) {
  t.test(`events posted while the last page of a replay is read follow it, once (${answer})`, async (t) => {
    const { app, held, resume } = await start(t)
    await emit(app, 'sales', 1, 2, 3)
    const { until } = resume(1)
    const read = await held.read()
    t.match(read.options, { after: 1, upTo: 3, limit: 200 })
    await emit(app, 'sales', 4)
    await emit(app, 'other', 'of someone else')
    await app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data: 'not selected' })
    await emit(app, 'sales', 5, 6)
    t.equal(app.websocket.replaying, 1)
    read[answer]()
    const resumed = { from: 1, to: 3, count: 2, complete: true }
    t.strictSame(data(await until(6)), [2, 3, resumed, 4, 5, 6])
    t.equal(app.websocket.replaying, 0)
    await emit(app, 'sales', 7)
    t.strictSame(data(await until(7)), [2, 3, resumed, 4, 5, 6, 7])
    t.equal(held.reads(), 1)
  })

  t.test(`events posted while an earlier page of a replay is read are in a later page (${answer})`, async (t) => {
    const { app, held, resume } = await start(t)
    await emitMany(app, 'sales', 250)
    const { until } = resume(0)
    const first = await held.read()
    t.match(first.options, { after: 0, upTo: 250 })
    await emit(app, 'sales', 250, 251)
    first[answer]()
    const second = await held.read()
    t.match(second.options, { after: 200, upTo: 252 })
    await emit(app, 'sales', 252)
    second[answer]()
    const resumed = { from: 0, to: 252, count: 252, complete: true }
    t.strictSame(data(await until(254)), [...numbers(252), resumed, 252])
  })
}

t.test('more live events than can be held while the last page is read are in a later page', async (t) => {
  const { app, held, resume } = await start(t)
  await emit(app, 'sales', 1)
  const { until } = resume(0)
  const first = await held.read()
  const large = 'x'.repeat(600_000)
  await emit(app, 'sales', large, large, 2)
  first.answer()
  for (const after of [1, 2, 3]) {
    const read = await held.read()
    t.match(read.options, { after, upTo: 4 })
    read.answer()
  }
  t.strictSame(data(await until(5)), [1, large, large, 2, { from: 0, to: 4, count: 4, complete: true }])
})

t.test('a replay of an instance with few events reads these alone', async (t) => {
  const { app, held, resume } = await start(t)
  await emit(app, 'sales', 'first')
  await emitMany(app, 'other', 4_500)
  await emit(app, 'sales', 'second')
  const { until } = resume(0)
  const read = await held.read()
  t.match(read.requests, [{ instanceKey: app.eventLog.instances.require('sales').key, after: 0 }])
  t.match(read.options, { upTo: 4_502, limit: 200 })
  await emit(app, 'sales', 'last')
  read.answer()
  const resumed = { from: 0, to: 4_502, count: 2, complete: true }
  t.strictSame(data(await until(4)), ['first', 'second', resumed, 'last'])
  t.equal(held.reads(), 1)
})

t.test('a replay near the head does not wait for one of its instance that is far behind', async (t) => {
  const { app, held, resume } = await start(t)
  await emitMany(app, 'sales', 4_000)
  // While two pages are read, others wait together.
  const reads = []
  for (let reading = 0; reading < 2; reading++) {
    resume(0)
    reads.push(await held.read())
  }
  const [far, near] = [resume(0), resume(3_900)]
  await Promise.all([far, near].map(({ socket }) => next(socket, 'connect')))
  const done = new Set<unknown>()
  for (const { socket } of [far, near]) socket.once('resumed', () => done.add(socket))
  for (const read of reads) read.answer()
  while (done.size === 0) (await held.read()).answer()
  t.ok(done.has(near.socket) && !done.has(far.socket))
  held.open()
  t.equal((await near.until(101)).length, 101)
  t.strictSame(data(await far.until(4_001)).slice(0, -1), numbers(4_000))
})

t.test('a replay that cannot read the log closes the connection, and the client reconnects and resumes', async (t) => {
  for (const transports of [['websocket'], ['polling']]) {
    const { app, url, held } = await start(t)
    await emit(app, 'sales', 1, 2)
    let last: unknown = 0
    const auth = (send: (auth: object) => void) => send({ apikey: API_KEY, offset: last })
    const { socket, until } = client(t, `${url}/sales`, { auth, transports, reconnectionDelay: 10 })
    socket.onAny((_event, message: Record<string, unknown>) => (last = message.offset ?? message.to))
    const lost = next(socket, 'disconnect')
    ;(await held.read()).fail(new Error('disk trouble'))
    t.match(await lost, [/^transport close$/])
    await emit(app, 'sales', 3)
    held.open()
    t.strictSame(data(await until(4)), [1, 2, 3, { from: 0, to: 3, count: 3, complete: true }], transports.join())
    socket.disconnect()
  }
})

t.test('a replay that could not read the log does not read again while its connection closes', async (t) => {
  const { app, url, held } = await start(t)
  await emit(app, 'sales', 1, 2)
  const { poll } = await pollingClient(url, '/sales', { apikey: API_KEY, offset: 0 })
  const read = await held.read()
  // The connect packet goes out; until the next poll, the server cannot say that it closes.
  t.match(await poll(), [/^40\/sales,/])
  read.fail(new Error('disk trouble'))
  for (let turn = 0; turn < 50; turn++) await setImmediate()
  t.equal(held.reads(), 1)
  t.equal(app.websocket.replaying, 0)
  t.equal((await poll())?.at(-1), '1', 'the packet that closes the connection')
})

t.test('a replay reads the next page when the client has read enough', async (t) => {
  const { app, url, held } = await start(t)
  const text = 'x'.repeat(300_000)
  await emit(app, 'sales', text, text, text)
  const { poll } = await pollingClient(url, '/sales', { apikey: API_KEY, offset: 0 })
  const first = await held.read()
  await poll()
  for (const [index, read] of [first, undefined, undefined].entries()) {
    const page = read ?? (await held.read())
    t.equal(page.options.after, index)
    page.answer()
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    t.equal(held.reads(), index + 1)
    t.match(await poll(), [/^42\/sales,\["call"/])
  }
})

t.test('a replay ends when its client disconnects', async (t) => {
  const { app, held, resume } = await start(t)
  await emitMany(app, 'sales', 500)
  for (const pages of [0, 1, 2]) {
    const { socket } = resume(0)
    for (let page = 0; page < pages; page++) (await held.read()).answer()
    const read = await held.read()
    const reads = held.reads()
    const gone = left(app)
    socket.disconnect()
    await gone
    t.equal(app.websocket.replaying, 0)
    read.answer()
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    const { emitted } = app.eventLog.metrics
    await emit(app, 'sales', 'for nobody')
    t.equal((await emitted.get()).values[0]?.value, 0, 'the client receives no live events')
    t.equal(held.reads(), reads, 'no page is read')
    t.equal(app.websocket.connected, 0)
  }
})

t.test('a closing server waits for reads of the log, and starts no more', async (t) => {
  const { app, held, resume } = await start(t)
  await emitMany(app, 'sales', 500)
  const clients = numbers(6).map(() => resume(0))
  await Promise.all(clients.map(({ socket }) => next(socket, 'connect')))
  const reads = [await held.read(), await held.read()]
  t.equal(held.reads(), 2, 'the first of them reads, and another one with those that came meanwhile')

  const lost = Promise.all(clients.map(({ socket }) => next(socket, 'disconnect')))
  let closed = false
  const closing = app.close().then(() => (closed = true))
  for (const [reason] of await lost) t.equal(reason, 'transport close')
  t.equal(closed, false)
  const [first, ...others] = reads
  first?.fail(new Error('The store closes'))
  for (const read of others) read.answer()
  await soon(closing, 'the end of the server')
  t.equal(held.reads(), 2)
  for (const { socket } of clients) socket.disconnect()
  await t.resolves(held.store.check(), 'the store is the host’s')
})

t.test('live clients receive events while replays read', async (t) => {
  const { app, url, held, resume } = await start(t)
  await emit(app, 'sales', 1)
  const clients = numbers(10).map(() => resume(0))
  await Promise.all(clients.map(({ socket }) => next(socket, 'connect')))
  const live = await connect(t, `${url}/sales`, API_KEY)
  await emit(app, 'sales', 2)
  t.strictSame(data(await live.until(1)), [2])
  t.equal(app.websocket.replaying, 10)
  held.open()
  for (const { until } of clients) {
    const received = data(await until(3))
    t.strictSame(
      received.filter((value) => typeof value === 'number'),
      [1, 2]
    )
  }
})

t.test(
  'a page that many sockets share is sent to some of them in a turn, and live events come in between',
  async (t) => {
    const { app, url, held, resume } = await start(t)
    await emit(app, 'sales', 1)
    const reads = []
    for (let reading = 0; reading < 2; reading++) {
      resume(0)
      reads.push(await held.read())
    }
    const auth = { apikey: API_KEY, offset: 0 }
    const sockets = await Promise.all(numbers(70).map(() => rawListener(t, url, '/sales', auth)))
    await untilSo(() => app.websocket.replaying === 72)
    for (const read of reads) read.answer()
    const shared = await held.read()
    shared.answer()
    const left = new Set<number>()
    let posted: Promise<void> | undefined
    while (app.websocket.replaying > 0) {
      left.add(app.websocket.replaying)
      if (app.websocket.replaying < 70) posted ??= emit(app, 'sales', 2)
      await setImmediate()
    }
    t.ok(left.size > 1 && [...left].some((count) => count < 70), [...left].join())
    await posted
    await Promise.all(sockets.map(({ packet }) => packet(/"data":2,/)))
    t.ok(sockets.every((socket) => JSON.stringify(rawData(socket)) === JSON.stringify([1, undefined, 2])))
    t.equal(held.reads(), 3)
  }
)

t.test('a client that is ahead of its node waits until the node has reached its offset', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  // As if another node had appended: this one learns of it late.
  const tail = store.log.tail.bind(store.log)
  const { promise: heard, resolve: hear } = Promise.withResolvers<void>()
  t.intercept(store.log, 'tail', {
    value: ({ advanced, ...rest }: LogSubscriber) =>
      tail({ ...rest, advanced: (events, head) => void heard.then(() => advanced(events, head)) })
  })
  const { app, url } = await listen(t, { sqs: false, eventLog: { store } })
  await app.websocket.set('sales', { enabled: true })
  await emit(app, 'sales', 1, 2)
  const asked = t.capture(store.log, 'range', store.log.range.bind(store.log))
  const { until } = client(t, `${url}/sales`, { auth: { apikey: API_KEY, offset: 2 } })
  await untilSo(() => app.websocket.replaying === 1 && asked().length > 0)
  hear()
  t.strictSame(data(await until(1)), [{ from: 2, to: 2, count: 0, complete: true }])
})
