import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import app from '../../app.ts'
import eventLog from '../../plugins/event-log.ts'
import { API_KEY, bare, listen } from '../support/build.ts'
import { pollingClient } from '../support/polling.ts'
import { rawData, rawListener, serverEnds } from '../support/raw-socket.ts'
import { data, emit, numbers } from '../support/resuming.ts'
import { connect, next } from '../support/sockets.ts'
import { until as soEventually } from '../support/until.ts'

const auth = { apikey: API_KEY }

async function start(t: Test, names = ['sales']) {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  for (const name of names) await app.websocket.set(name, { enabled: true })
  return { app, url }
}

/** Events that are posted in one turn. */
function burst(app: FastifyInstance, count: number, instance = 'sales') {
  return Promise.all(numbers(count).map((data) => app.onInstanceEvent({ instance, event: 'call', data })))
}

/** How often the server has written to each of these connections since. */
function writes(t: Test, app: FastifyInstance, namespace: string): () => number[] {
  const counts = serverEnds(app.io, namespace).map((socket) => {
    const write = socket.write.bind(socket)
    const count = { writes: 0 }
    t.intercept(socket, 'write', {
      value: (...args: Parameters<typeof write>) => {
        count.writes++
        return write(...args)
      }
    })
    return count
  })
  return () => counts.map(({ writes }) => writes)
}

t.test('twenty events of one turn are one write to each connection', async (t) => {
  const { app, url } = await start(t)
  const raws = [await rawListener(t, url, '/sales', auth), await rawListener(t, url, '/sales', auth)]
  const written = writes(t, app, '/sales')
  await burst(app, 20)
  for (const raw of raws) {
    await raw.packet(/"data":19/)
    t.strictSame(rawData(raw), numbers(20))
  }
  t.strictSame(written(), [1, 1])
  await burst(app, 1)
  t.strictSame(written(), [2, 2], 'a lone event does not wait for others')
})

t.test('an event does not overtake packets of the host that Engine.IO has not written yet', async (t) => {
  const server = bare(t)
  await server.register(eventLog, { url: ':memory:' })
  // Follows the log before the plugin does. The second packet waits in Engine.IO for the first.
  server.eventLog.store.log.tail({
    interest: () => ({ all: true, instanceKeys: [] }),
    entered: () => {},
    advanced: ({ length }) => {
      for (const data of length > 0 ? ['first', 'second'] : []) server.io.of('/sales').emit('host', { data })
    }
  })
  await server.register(app, { apiKey: API_KEY, docs: false, sqs: false })
  await server.websocket.set('sales', { enabled: true })
  const { until } = await connect(t, `${await server.listen({ host: '127.0.0.1', port: 0 })}/sales`, API_KEY)
  await emit(server, 'sales', 'third')
  t.strictSame(data(await until(3)), ['first', 'second', 'third'])
  await soEventually(() => server.websocket.bufferedBytes === 0)
})

t.test('on a server that compresses, events are sent as packets, one by one', async (t) => {
  const { app, url } = await start(t)
  Object.assign(app.io.engine.opts, { perMessageDeflate: {} })
  const { until } = await connect(t, `${url}/sales`, API_KEY)
  const written = writes(t, app, '/sales')
  await burst(app, 20)
  t.strictSame(data(await until(20)), numbers(20))
  const [count = 0] = written()
  t.ok(count >= 20)
})

t.test('events of one turn are one reply to a poll', async (t) => {
  const { app, url } = await start(t)
  const { poll } = await pollingClient(url, '/sales', auth)
  await poll()
  await burst(app, 20)
  const packets = (await poll()) ?? []
  t.equal(packets.length, 20)
  t.match(packets[19], /^42\/sales,\["call",\{"event":"call","instance":"sales","data":19,/)
})

t.test('events that wait for a poll count with their bytes', async (t) => {
  const { app, url } = await start(t)
  const { poll } = await pollingClient(url, '/sales', auth)
  await poll()
  await emit(app, 'sales', 'são', 'x')
  const bytes = app.websocket.bufferedBytes
  const packets = (await poll()) ?? []
  // Of each packet, Engine.IO's type is not counted.
  t.equal(bytes, Buffer.byteLength(packets.join('')) - packets.length)
  await soEventually(() => app.websocket.bufferedBytes === 0)
})

t.test('events before, during and after the upgrade of a connection arrive once, in order', async (t) => {
  const { app, url } = await start(t)
  const { poll, sid } = await pollingClient(url, '/sales', auth)
  await poll()
  await emit(app, 'sales', 0, 1)
  const polled = (await poll()) ?? []
  const ws = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${sid}`)
  t.after(() => ws.terminate())
  const packets: string[] = []
  const last = Promise.withResolvers<void>()
  ws.on('message', (message: Buffer) => {
    packets.push(message.toString())
    if (packets.at(-1)?.includes('"data":6')) last.resolve()
  })
  await once(ws, 'open')
  ws.send('2probe')
  await once(ws, 'message')
  await emit(app, 'sales', 2, 3)
  ws.send('5')
  // It ends a poll with what waited, or without, if that went by the WebSocket.
  polled.push(...((await poll()) ?? []))
  await emit(app, 'sales', 4, 5, 6)
  await last.promise
  t.strictSame(packets.shift(), '3probe')
  t.strictSame(
    [...polled, ...packets].flatMap((packet) => /"data":(\d)/.exec(packet)?.slice(1) ?? []),
    numbers(7).map(String)
  )
})

t.test('each namespace of a connection gets its own events, of any size and script', async (t) => {
  const names = ['sales', 'loja são/1']
  const { app, url } = await start(t, names)
  const first = await connect(t, `${url}/sales`, API_KEY)
  const { io: manager } = first.socket
  const sockets = [`/${names[1]}`, `/${encodeURIComponent(names[1] ?? '')}`, '/'].map((path) =>
    manager.socket(path, { auth })
  )
  const heard = sockets.map((socket) => {
    const list: unknown[] = []
    socket.onAny((_event, { data }: { data: unknown }) => list.push(data))
    t.after(() => void socket.disconnect())
    return list
  })
  await Promise.all(sockets.map((socket) => next(socket, 'connect')))
  const values = ['são 😀\u0000\u2028', 'x'.repeat(70_000), 'ã'.repeat(32_768), { deep: [[null]] }, '']
  await emit(app, 'loja são/1', ...values)
  const last = next(sockets[2] as (typeof sockets)[0], 'messages.upsert')
  await app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data: 'of sales' })
  await last
  t.strictSame(data(await first.until(1)), ['of sales'])
  t.strictSame(heard, [values, values, [...values, 'of sales']])
})

t.test('the last page of a replay and the message that it is over are one write to the system', async (t) => {
  const { app, url } = await start(t)
  await burst(app, 3)
  const written: string[] = []
  app.io.of('/sales').once('connection', () => {
    const [tcp] = serverEnds(app.io, '/sales') as [Socket]
    for (const name of ['_write', '_writev'] as const) {
      const write = (tcp[name] as (...args: unknown[]) => void).bind(tcp)
      t.intercept(tcp, name, {
        value: (...args: [Buffer | { chunk: Buffer }[], ...unknown[]]) => {
          const [chunks] = args
          written.push(Array.isArray(chunks) ? chunks.map(({ chunk }) => String(chunk)).join('') : String(chunks))
          write(...args)
        }
      })
    }
  })
  const raw = await rawListener(t, url, '/sales', { ...auth, offset: 0 })
  await raw.packet(/"resumed"/)
  t.strictSame(rawData(raw).slice(0, 3), numbers(3))
  t.match(
    written.filter((text) => text.includes('"resumed"')),
    [/"data":0.*"data":2.*"resumed"/s]
  )
})
