import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connectInstance, type InstanceMessage, type Resumed } from '../../lib/client/connect-instance.ts'
import { API_KEY, type Built, folder, listen } from '../support/build.ts'
import { data, emit, emitMany, numbers } from '../support/resuming.ts'
import { connect, next, refusal } from '../support/sockets.ts'
import { Watch } from '../support/watch.ts'

/** Starts servers on a file, and deletes the file: the next server begins another log. */
async function onFile(t: Test) {
  const path = folder(t)
  const eventLog = { url: `file:${join(path, 'events.db')}` }
  /** All servers, each from the moment in which it listens. */
  const started: Built[] = []
  const start = async (port = 0) => {
    const server = await listen(t, { sqs: false, eventLog, port })
    started.push(server)
    await server.app.websocket.set('sales', { enabled: true })
    return server
  }
  const lose = () => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(path, `events.db${suffix}`), { force: true })
  }
  return { start, lose, started }
}

t.test('a client of a lost log receives all events of the new one, also if that is past its offset', async (t) => {
  const { start, lose } = await onFile(t)
  const first = await start()
  await emit(first.app, 'sales', 1, 2)
  const before = await connect(t, `${first.url}/sales`, API_KEY, { auth: { apikey: API_KEY, offset: 2 } })
  await before.until(1)
  const { log } = before.received[0]!.message
  t.match(log, /^[0-9a-f]{16}$/)
  before.socket.disconnect()
  await first.app.close()

  const restarted = await start()
  const after = async (server: typeof restarted, auth: object) => {
    const { socket, received } = await connect(t, `${server.url}/sales`, API_KEY, {
      auth: { apikey: API_KEY, ...auth }
    })
    if (!received.some(({ event }) => event === 'resumed')) await next(socket, 'resumed')
    socket.disconnect()
    return received
  }
  t.strictSame(data(await after(restarted, { offset: 2, log })), [{ from: 2, to: 2, count: 0, complete: true }])
  await restarted.app.close()

  lose()
  const anew = await start()
  await emit(anew.app, 'sales', 'a', 'b', 'c')
  const [resuming, ...rest] = await after(anew, { offset: 2, log })
  const { id } = await anew.app.eventLog.store.log.range()
  t.not(id, log)
  t.strictSame(resuming, { event: 'resuming', message: { offset: 0, log: `${id}-incomplete` } })
  t.strictSame(data(rest), ['a', 'b', 'c', { from: 0, to: 3, count: 3, complete: false }])
  t.equal(rest.at(-1)?.message.log, id)
  t.strictSame(
    data(await after(anew, { offset: 0, log })).slice(1),
    ['a', 'b', 'c', { from: 0, to: 3, count: 3, complete: false }],
    'it may have missed events also if it had none yet'
  )
  t.strictSame(
    data(await after(anew, { offset: 2 })),
    ['c', { from: 2, to: 3, count: 1, complete: true }],
    'without the id of its log a client resumes from its offset'
  )
  t.strictSame(data(await after(anew, { offset: 'latest', log })), [{ from: 3, to: 3, count: 0, complete: true }])
  t.match(await refusal(t, `${anew.url}/sales`, { auth: { apikey: API_KEY, offset: 1, log: 1 } }), {
    code: 'IEV_WS_INVALID',
    message: /^auth\.log: must be/
  })
})

t.test('connectInstance remembers its log, and receives all events of another log once', async (t) => {
  const { start, lose, started } = await onFile(t)
  const first = await start()
  await emitMany(first.app, 'sales', 500)
  const watch = new Watch()
  const messages: InstanceMessage[] = []
  const resumed: Resumed[] = []
  const connection = connectInstance(`${first.url}/sales`, {
    apikey: API_KEY,
    offset: 0,
    transports: ['websocket'],
    reconnectionDelay: 10,
    reconnectionDelayMax: 20,
    onEvent: (message) => {
      messages.push(message)
      // In the middle of the replay of the new log: the events that it has of it must not be repeated, and it has yet to be told.
      if (messages.length === 500 + 700)
        for (const socket of started.at(-1)?.app.io.of('/sales').sockets.values() ?? []) socket.conn.close()
      watch.changed()
    },
    onResumed: (told) => {
      resumed.push(told)
      watch.changed()
    }
  })
  t.after(() => connection.close())
  t.equal(connection.log, undefined)
  await watch.until(() => resumed.length === 1 && messages.length === 500)
  const { id } = await first.app.eventLog.store.log.range()
  t.equal(connection.log, id)
  const port = Number(new URL(first.url).port)
  await first.app.close()
  lose()

  const anew = await filled()
  await watch.until(() => resumed.length === 2)
  t.same(
    messages.slice(500).map(({ offset }) => offset),
    numbers(3_000).map((n) => n + 1)
  )
  t.match(resumed[1], { to: 3_000, complete: false, log: (await anew.app.eventLog.store.log.range()).id })
  t.equal(connection.log, resumed[1]?.log)

  const kept = connectInstance(`${anew.url}/sales`, {
    apikey: API_KEY,
    offset: 2_999,
    log: id,
    transports: ['websocket'],
    onEvent: () => {},
    onResumed: (told) => {
      resumed.push(told)
      watch.changed()
    }
  })
  t.after(() => kept.close())
  await watch.until(() => resumed.length === 3)
  t.match(resumed[2], { from: 0, count: 3_000, complete: false })

  /** A new log that has more events than the old one before the client reconnects. */
  async function filled() {
    const elsewhere = await start()
    await emitMany(elsewhere.app, 'sales', 3_000)
    await elsewhere.app.close()
    return start(port)
  }
})
