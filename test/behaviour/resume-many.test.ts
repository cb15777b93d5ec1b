import t, { type Test } from 'tap'
import type { LogStore, PageRequest } from '../../lib/store/log-store.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, listen } from '../support/build.ts'
import { checkListeners, offsetsOf, random, replaysOf, seed } from '../support/chaos.ts'
import { DOORS, resumingClient } from '../support/resuming-client.ts'
import { data, emit, emitMany, numbers } from '../support/resuming.ts'
import { rawData, rawListener } from '../support/raw-socket.ts'
import { client, connect, next } from '../support/sockets.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until as untilSo } from '../support/until.ts'

/** Notes the reads of pages of a log. The first waits until it is released: by then, more sockets may wait. */
function watchReads(t: Test, log: LogStore) {
  const read = log.readPages.bind(log)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const reads: { requests: readonly PageRequest[]; events: number }[] = []
  t.intercept(log, 'readPages', {
    value: async (...[requests, limits]: Parameters<typeof read>) => {
      const noted = { requests, events: 0 }
      reads.push(noted)
      await released
      const result = await read(requests, limits)
      noted.events = result.reduce((sum, { events }) => sum + events.length, 0)
      return result
    }
  })
  return { reads, release }
}

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

for (const backend of await backends(t)) {
  t.test(`sockets that are behind over the same stretch of the log share its pages: ${backend.name}`, async (t) => {
    const { app, url } = await listen(t, { sqs: false, eventLog: { url: await backend.start(t) } })
    const names = numbers(20).map((n) => `tenant-${n}`)
    await Promise.all(names.map((name) => app.websocket.set(name, { enabled: true })))
    const events = numbers(1_000).map((n) => ({ instance: names[n % 20] as string, event: 'call', data: n }))
    await app.eventLog.accept([{ instance: 'sales', event: 'call', data: 'rare' }, ...events])
    await app.websocket.set('sales', { enabled: true })
    await emitMany(app, 'sales', 600)
    const { reads, release } = watchReads(t, app.eventLog.store.log)
    const auth = { apikey: API_KEY, offset: 0 }
    const open = (name: string) => rawListener(t, url, `/${name}`, auth)
    const sockets = await Promise.all([...names, ...names, ...names].map((name) => open(name)))
    const busy = await Promise.all(numbers(70).map(() => open('sales')))
    await untilSo(() => app.websocket.replaying === 130)
    release()
    await Promise.all([...sockets, ...busy].map(({ packet }) => packet(/"resumed"/)))
    for (const [index, socket] of sockets.entries())
      t.strictSame(
        rawData(socket).slice(0, -1),
        numbers(50).map((n) => 20 * n + (index % 20))
      )
    const expected = JSON.stringify(['rare', ...numbers(600)])
    t.ok(busy.every((socket) => JSON.stringify(rawData(socket).slice(0, -1)) === expected))
    // The first sockets read before the others had come.
    t.ok(reads.length <= 2 + 2 * 4, `${reads.length} reads for 130 sockets`)
    const read = reads.reduce((sum, noted) => sum + noted.events, 0)
    t.ok(read <= 2 * 1_601, `${read} events were read of a log of 1,601`)
  })

  t.test(
    `clients of any positions and doors receive each event once, in order, also over drops and a restart: ${backend.name}`,
    { timeout: 120_000 },
    async (t) => {
      const next = random(seed(t))
      const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T
      const options = {
        sqs: false,
        eventLog: { url: await backend.start(t) },
        websocket: { globalEvents: true }
      } as const
      let { app, url } = await listen(t, options)
      const proxy = await startTcpProxy(t, () => url)
      const names = ['a', 'b', 'c']
      for (const name of names) await app.websocket.set(name, { enabled: true })
      const some = (count: number) =>
        app.eventLog.accept(
          numbers(count).map((n) => ({
            instance: pick(names),
            event: pick(['call', 'messages.upsert']),
            data: { n: n % 100 }
          }))
        )
      await some(700)
      const { release } = watchReads(t, app.eventLog.store.log)
      const clients = numbers(60).map((n) => {
        const namespace = pick(['', '/a', '/b', '/c'])
        const wanted = {
          door: DOORS[n % DOORS.length] as (typeof DOORS)[number],
          namespace,
          apikey: API_KEY,
          offset: Math.floor(next() * 700),
          events: pick([undefined, undefined, ['call']]),
          instances: namespace === '' ? pick([undefined, ['a', 'c']]) : undefined,
          below: pick([undefined, undefined, 30])
        }
        const { below, ...asked } = wanted
        const filter = below === undefined ? undefined : { n: [{ numeric: ['<', below] }] }
        return { wanted, received: resumingClient(t, proxy.url, { ...asked, filter }) }
      })
      await untilSo(() => app.websocket.replaying === clients.length)
      release()
      for (let round = 0; round < 30; round++) {
        if (round === 15) {
          await app.close()
          ;({ app, url } = await listen(t, options))
        }
        await some(20)
        proxy.drop(() => next() < 0.1)
      }
      const log = await app.eventLog.store.log.read({ after: 0, limit: 2_000 })
      const listeners = clients.map(({ wanted, received }) => {
        const { namespace, offset, events, instances, below = Infinity } = wanted
        const visible = log.filter(
          (event) =>
            event.offset > offset &&
            (namespace === ''
              ? !instances || instances.includes(event.instance)
              : `/${event.instance}` === namespace) &&
            (!events || events.includes(event.event)) &&
            (JSON.parse(event.data) as { n: number }).n < below
        )
        return { of: wanted, received, expected: visible.map((event) => event.offset) }
      })
      await untilSo(() => listeners.every(({ received, expected }) => offsetsOf(received).length >= expected.length))
      // Each of the requests and connections that are open now ends or resumes: repeats would arrive with that.
      proxy.drop(() => true)
      const replays = listeners.map(({ received }) => replaysOf(received).length)
      await untilSo(() => listeners.every(({ received }, n) => replaysOf(received).length > (replays[n] ?? 0)))
      checkListeners(t, listeners)
    }
  )
}

t.test('a socket that does not read does not hold up those that read the log with it', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  await emit(app, 'sales', ...numbers(4).map((n) => `${n}${'x'.repeat(3_000_000)}`))
  const { release } = watchReads(t, app.eventLog.store.log)
  const auth = { apikey: API_KEY, offset: 0 }
  const first = await rawListener(t, url, '/sales', auth)
  const slow = await rawListener(t, url, '/sales', auth)
  slow.ws.pause()
  const fast = await rawListener(t, url, '/sales', auth)
  await untilSo(() => app.websocket.replaying === 3)
  release()
  for (const { packet } of [first, fast]) await packet(/"resumed"/)
  t.equal(app.websocket.replaying, 1, 'the slow one has not resumed')
  slow.ws.resume()
  await slow.packet(/"resumed"/)
  for (const socket of [slow, fast]) {
    const found = rawData(socket)
      .slice(0, -1)
      .map((text) => String(text)[0])
    t.strictSame(found, ['0', '1', '2', '3'])
  }
})
