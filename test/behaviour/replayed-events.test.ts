import { join } from 'node:path'
import t from 'tap'
import { API_KEY, build, folder, listen } from '../support/build.ts'
import { data, emit } from '../support/resuming.ts'
import { client, next, refusal } from '../support/sockets.ts'

type Listening = Awaited<ReturnType<typeof listen>>

/** Connects with this `auth`. @returns the replay: the data of its events, and `resumed` */
async function replayed(t: Parameters<typeof client>[0], url: string, auth: Record<string, unknown>) {
  const { socket, received } = client(t, url, { auth: { apikey: API_KEY, ...auth } })
  await next(socket, 'resumed')
  socket.disconnect()
  return data(received)
}

async function prune({ app }: Listening): Promise<void> {
  const { store } = app.eventLog
  while ((await store.log.prune({ acceptedBefore: Date.now() + 1_000, maxBytes: Number.MAX_SAFE_INTEGER })).more);
}

t.test('an offset ahead of the log is of a lost log: the replay has all events, and is incomplete', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  const empty = { from: 0, to: 0, count: 0, complete: false }
  t.strictSame(await replayed(t, `${url}/sales`, { offset: 1 }), [{ offset: 0 }, empty])
  await emit(app, 'sales', 1, 2)
  for (const offset of [3, 1_000, '9007199254740991']) {
    t.strictSame(await replayed(t, `${url}/sales`, { offset }), [
      { offset: 0 },
      1,
      2,
      { from: 0, to: 2, count: 2, complete: false }
    ])
  }
  t.strictSame(await replayed(t, `${url}/sales`, { offset: 2 }), [{ from: 2, to: 2, count: 0, complete: true }])
  await emit(app, 'other', 'of someone else')
  t.strictSame(await replayed(t, `${url}/sales`, { offset: 1 }), [2, { from: 1, to: 3, count: 1, complete: true }])
})

t.test('a replay from an offset whose next events were pruned is incomplete', async (t) => {
  const server = await listen(t, { sqs: false })
  const { app, url } = server
  await app.websocket.set('sales', { enabled: true })
  await emit(app, 'sales', 1, 2, 3)
  await prune(server)
  await emit(app, 'sales', 4, 5)
  const after = (offset: number | string) => replayed(t, `${url}/sales`, { offset })
  t.strictSame(await after(0), [{ offset: 0 }, 4, 5, { from: 0, to: 5, count: 2, complete: false }])
  t.strictSame(await after(2), [{ offset: 2 }, 4, 5, { from: 2, to: 5, count: 2, complete: false }])
  t.strictSame(
    await after(3),
    [4, 5, { from: 3, to: 5, count: 2, complete: true }],
    'the client has the last event that was pruned'
  )
  t.strictSame(await after(4), [5, { from: 4, to: 5, count: 1, complete: true }])
  await prune(server)
  t.strictSame(await after(4), [{ offset: 4 }, { from: 4, to: 5, count: 0, complete: false }], 'no event is left')
  t.strictSame(await after(5), [{ from: 5, to: 5, count: 0, complete: true }])
  t.strictSame(await after('latest'), [{ from: 5, to: 5, count: 0, complete: true }])
})

t.test('a replay has the events that are selected now, not those that were selected when they came', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  const send = (event: string) => app.onInstanceEvent({ instance: 'sales', event, data: event })
  await app.websocket.set('sales', { enabled: true, events: ['CALL'] })
  for (const event of ['call', 'messages.upsert', 'creds.update', 'call']) await send(event)
  t.match(await replayed(t, `${url}/sales`, { offset: 0 }), ['call', 'call', { count: 2 }])
  await app.websocket.set('sales', { enabled: true, events: ['MESSAGES_UPSERT'] })
  t.match(await replayed(t, `${url}/sales`, { offset: 0 }), ['messages.upsert', { count: 1 }])
  await app.websocket.set('sales', { enabled: true, events: ['CREDS_UPDATE', 'CALL'] })
  t.match(await replayed(t, `${url}/sales`, { offset: 0 }), ['call', 'creds.update', 'call', { count: 3 }])
  await app.websocket.set('sales', { enabled: true, events: [] })
  t.match(await replayed(t, `${url}/sales`, { offset: 0 }), ['call', 'messages.upsert', 'call', { count: 3 }], 'all')
})

t.test(
  'an event for queues only, of a server without sockets, is not replayed by a later server with sockets',
  async (t) => {
    const url = `file:${join(folder(t), 'events.db')}`
    const without = await build(t, { eventLog: { url }, websocket: false })
    const call = { instance: 'sales', event: 'call' }
    await without.onInstanceEvent({ ...call, data: 'to queues', transports: ['sqs'] })
    await without.sqs.emit({ ...call, data: 'by sqs' })
    await without.onInstanceEvent({ ...call, data: 'to all' })
    await without.close()
    const { app, url: server } = await listen(t, { eventLog: { url } })
    await app.websocket.set('sales', { enabled: true })
    t.match(await replayed(t, `${server}/sales`, { offset: 0 }), ['to all', { count: 1 }])
  }
)

t.test('an event for queues only reaches no socket, live or by a replay', async (t) => {
  const { app, url } = await listen(t, { websocket: { globalEvents: true } })
  await app.websocket.set('sales', { enabled: true })
  const auth = { apikey: API_KEY }
  const live = [client(t, `${url}/sales`, { auth }), client(t, url, { auth })]
  await Promise.all(live.map(({ socket }) => next(socket, 'connect')))
  const call = { instance: 'sales', event: 'call' }
  await app.onInstanceEvent({ ...call, data: 'to queues', transports: ['sqs'] })
  await app.sqs.emit({ ...call, data: 'by sqs' })
  await app.sqs.emit({ ...call, data: 'to none', transports: ['websocket'] })
  await app.onInstanceEvent({ ...call, data: 'to sockets', transports: ['websocket'] })
  await app.websocket.emit({ ...call, data: 'by websocket' })
  await app.onInstanceEvent({ ...call, data: 'to both', transports: ['websocket', 'sqs'] })
  const seen = ['to sockets', 'by websocket', 'to both']
  for (const { until } of live) t.strictSame(data(await until(3)), seen)
  for (const path of ['/sales', '/']) {
    t.match(await replayed(t, url + path, { offset: 0 }), [...seen, { count: 3 }], path)
  }
})

t.test('a replay on / has no session secrets of a deleted instance, though its successor selects them', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  const select = () => app.websocket.set('mine', { enabled: true, events: ['CREDS_UPDATE'] })
  const post = (data: string) => app.onInstanceEvent({ instance: 'mine', event: 'creds.update', data })
  await select()
  await post('secret of the first tenant')
  await app.eventLog.instances.remove('mine')
  await select()
  await post('of the second')
  t.match(await replayed(t, url, { offset: 0 }), ['of the second', { count: 1 }])
})

t.test('a new instance of the same name replays no events of the deleted one', async (t) => {
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true } })
  const { instances } = app.eventLog
  await instances.create({ name: 'sales', token: 'first-tenant' })
  await app.websocket.set('sales', { enabled: true })
  await emit(app, 'sales', 'secret of the first')
  await app.onInstanceEvent({ instance: 'sales', event: 'creds.update', data: 'keys of the first' })
  await instances.remove('sales')
  await instances.create({ name: 'sales', token: 'second-tenant' })
  await app.websocket.set('sales', { enabled: true, events: ['CALL', 'CREDS_UPDATE'] })
  for (const path of ['/sales', '/']) {
    const none = { from: 0, to: 2, count: 0, complete: true }
    t.strictSame(await replayed(t, url + path, { apikey: 'second-tenant', offset: 0 }), [none], path)
  }
  t.strictSame(
    (await replayed(t, `${url}/sales`, { offset: 0 })).length,
    1,
    'the global key gets no events of the deleted instance in the namespace'
  )
  t.match(
    await replayed(t, url, { offset: 0 }),
    ['secret of the first', { count: 1 }],
    'on / the global key gets its events, but not its session secrets'
  )
  t.match(await refusal(t, url, { auth: { apikey: 'first-tenant', offset: 0 } }), { code: 'IEV_WS_UNAUTHORIZED' })
  await emit(app, 'sales', 'of the second')
  t.match(await replayed(t, url, { apikey: 'second-tenant', offset: 0 }), ['of the second', { count: 1 }])
})

t.test('a connection with an invalid field is refused by its name', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  for (const [auth, message] of [
    [{ offset: -1 }, /^auth\.offset: must be/],
    [{ events: ['calls'] }, /^auth\.events\[0\] "calls" is not a known event; the closest are CALL,/],
    [{ instances: ['other'] }, /^auth\.instances: can only be used on the namespace/]
  ] as const) {
    t.match(await refusal(t, `${url}/sales`, { auth: { apikey: API_KEY, ...auth } }), {
      code: 'IEV_WS_INVALID',
      message
    })
    t.match(
      await refusal(t, `${url}/sales`, { auth: { apikey: 'wrong', ...auth } }),
      { code: 'IEV_WS_UNAUTHORIZED' },
      'the key is checked first'
    )
  }
})
