import t from 'tap'
import { API_KEY, listen } from '../support/build.ts'
import { data, emit, emitMany, numbers } from '../support/resuming.ts'
import { client, connect, next } from '../support/sockets.ts'

t.test('a replay of thousands of events, and those that are posted meanwhile, arrive once, in order', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  for (const [count, transports] of [
    [5_000, ['websocket']],
    [1_000, ['polling']],
    [1_000, ['polling', 'websocket']]
  ] as const) {
    const { offset } = await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'before' })
    await emitMany(app, 'sales', count)
    const auth = { apikey: API_KEY, offset }
    const { socket, until, received } = client(t, `${url}/sales`, { auth, transports: [...transports] })
    const posted: Promise<void>[] = []
    socket.onAny(() => {
      if (received.length % 100 === 0 && posted.length < count / 100)
        posted.push(emit(app, 'sales', count + posted.length))
    })
    const all = data(await until(count + count / 100 + 1))
    await Promise.all(posted)
    t.ok(
      JSON.stringify(all.filter((value) => typeof value === 'number')) === JSON.stringify(numbers(count + count / 100)),
      `${count} by ${transports.join()}`
    )
    const at = all.findIndex((value) => typeof value === 'object')
    t.match(all[at], { from: offset, to: offset + at, count: at, complete: true })
    const offsets = received.flatMap(({ message }) => (typeof message.offset === 'number' ? [message.offset] : []))
    t.strictSame(offsets[0], offset + 1)
    t.ok(offsets.every((value, index) => value === offset + 1 + index))
    socket.disconnect()
  }
})

t.test('a replay of events that are larger than a page arrives in order', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(300_000))
  await emit(app, 'sales', 'small', ...texts, 'small')
  const { socket, received } = client(t, `${url}/sales`, { auth: { apikey: API_KEY, offset: 0 } })
  t.match(await next(socket, 'resumed'), [{ count: 5, complete: true }])
  t.ok(JSON.stringify(data(received).slice(0, -1)) === JSON.stringify(['small', ...texts, 'small']))
})

t.test('two hundred clients that resume at once do not delay a live client', { timeout: 60_000 }, async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  await emitMany(app, 'sales', 500)
  const live = await connect(t, `${url}/sales`, API_KEY)
  const auth = { apikey: API_KEY, offset: 0 }
  const clients = numbers(200).map(() => client(t, `${url}/sales`, { auth }))
  let resumed = 0
  for (const { socket } of clients) socket.once('resumed', () => resumed++)
  await Promise.race(clients.map(({ socket }) => next(socket, 'resumed')))
  for (let n = 0; n < 10; n++) {
    await emit(app, 'sales', 500 + n)
    await live.until(n + 1)
  }
  t.ok(resumed < clients.length, `it had heard all when ${resumed} were there`)
  t.strictSame(
    data(live.received),
    numbers(10).map((n) => 500 + n)
  )
  const expected = JSON.stringify(numbers(510))
  for (const { until } of clients) {
    const found = data(await until(511)).filter((value) => typeof value === 'number')
    if (JSON.stringify(found) !== expected) t.strictSame(found, numbers(510))
  }
  t.equal(app.websocket.replaying, 0)
})
