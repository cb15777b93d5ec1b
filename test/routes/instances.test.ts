import t from 'tap'
import { backends } from '../support/backends.ts'
import { API_KEY, build } from '../support/build.ts'
import { newEvent } from '../support/new-event.ts'

const headers = { apikey: API_KEY }

t.test('the token of an instance, given or generated, is only in the reply to create', async (t) => {
  const server = await build(t)
  const create = async (payload: object) => server.inject({ method: 'POST', url: '/instance/create', headers, payload })
  const given = await create({
    instanceName: 'mine',
    token: 'token-of-mine',
    integration: 'WHATSAPP-BAILEYS',
    qrcode: true,
    number: '5511912345678',
    websocket: { enabled: true, events: ['CALL'] },
    sqs: { enabled: true, events: ['PRESENCE_UPDATE'] }
  })
  t.equal(given.statusCode, 201)
  t.match(given.json(), {
    instance: {
      instanceName: 'mine',
      instanceId: /^[0-9a-f-]{36}$/,
      integration: 'WHATSAPP-BAILEYS',
      status: 'close'
    },
    hash: 'token-of-mine',
    websocket: { enabled: true, events: ['CALL'] },
    sqs: { enabled: true, events: ['PRESENCE_UPDATE'] }
  })
  t.same(server.sqs.find('mine')?.events, ['PRESENCE_UPDATE'])
  t.same(server.websocket.find('mine')?.events, ['CALL'])

  const generated = await create({ instanceName: 'other' })
  const { hash } = generated.json<{ hash: string }>()
  t.match(hash, /^[0-9A-F-]{36}$/)
  const listed = await server.inject({ url: '/instance/fetchInstances', headers: { apikey: hash } })
  t.match(listed.json(), [{ name: 'other', integration: null, sqs: { enabled: false }, Websocket: { events: [] } }])
})

t.test('create accepts the flat fields of Evolution API v1', async (t) => {
  const server = await build(t, { sqs: false })
  const create = async (payload: object) =>
    server.inject({ method: 'POST', url: '/instance/create', headers, payload: { instanceName: 'mine', ...payload } })
  const flat = { websocket_enabled: true, websocket_events: ['CALL'] }
  t.match((await create({ ...flat, sqs_enabled: true })).json(), { code: 'IEV_TRANSPORT_DISABLED' })
  t.match((await create({ ...flat, sqs: { enabled: false } })).json(), { code: 'IEV_TRANSPORT_DISABLED' })
  t.match((await create({ websocket_enabled: true, websocket_events: ['CALLS'] })).json(), {
    response: { message: [/^websocket_events\[0\] "CALLS"/] }
  })
  t.match((await create({ websocket_enabled: 'yes' })).json(), {
    response: { message: ['body.websocket_enabled must be boolean'] }
  })
  t.match((await create({ ...flat, sqs_enabled: false, rabbitmq_enabled: true })).json(), {
    sqs: { enabled: false, events: [] },
    websocket: { enabled: true, events: ['CALL'] }
  })
  t.same(server.websocket.find('mine')?.events, ['CALL'])
  const nested = await create({ instanceName: 'other', ...flat, websocket: { enabled: true, events: ['LABELS_EDIT'] } })
  t.match(nested.json(), { websocket: { events: ['LABELS_EDIT'] } })
})

t.test('an instance that was registered by an event gets its token by create', async (t) => {
  const server = await build(t)
  await server.onInstanceEvent({ instance: 'mine', event: 'connection.update', data: { state: 'connecting' } })
  const reply = await server.inject({
    method: 'POST',
    url: '/instance/create',
    headers,
    payload: { instanceName: 'mine', token: 'abc' }
  })
  t.equal(reply.statusCode, 201)
  t.match(reply.json(), { instance: { status: 'connecting' } })
  const log = await server.inject({ url: '/events/mine', headers: { apikey: 'abc' } })
  t.equal(log.json<{ events: unknown[] }>().events.length, 1)
})

t.test('the backlog of an instance is counted for its own token and the global key', async (t) => {
  for (const { name: backend, start } of await backends(t)) {
    await t.test(backend, async (t) => {
      const server = await build(t, { sqs: false, eventLog: { url: await start(t) } })
      const { instances, store } = server.eventLog
      for (const name of ['a', 'b']) await instances.create({ name, token: `token-${name}` })
      const of = (instance: string) => newEvent({ instance, queues: ['q', 'r'] })
      const [first] = await store.log.append([of('a'), of('a'), of('b')])
      const { key: instanceKey } = instances.require('a')
      const failure = { reason: 'AccessDenied', message: 'no', attempts: 1 }
      await store.deliveries.bury({ queue: 'q', instanceKey, offset: first!.offset }, failure)
      const ask = async (name: string, apikey = API_KEY) =>
        (await server.inject({ url: `/instance/backlog/${name}`, headers: { apikey } })).json<object>()
      t.match(await ask('a'), { instance: { instanceName: 'a' }, pending: 3, deadLetters: 1 })
      t.match(await ask('b', 'token-b'), { pending: 2, deadLetters: 0 })
      t.match(await ask('a', 'token-b'), { status: 401 })
      t.match(await ask('nobody'), { status: 404, code: 'IEV_INSTANCE_NOT_FOUND' })
    })
  }
})

t.test('the connection of an instance is what its last connection.update and sender say', async (t) => {
  const server = await build(t, { sqs: false })
  await server.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  await server.eventLog.instances.create({ name: 'other', token: 'token-of-other' })
  const state = async (apikey = API_KEY) => {
    const reply = await server.inject({ url: '/instance/connectionState/mine', headers: { apikey } })
    return reply.statusCode === 200 ? reply.json<{ instance: unknown }>().instance : reply.statusCode
  }
  const listed = async (query: string, apikey = API_KEY) => {
    const reply = await server.inject({ url: `/instance/fetchInstances?${query}`, headers: { apikey } })
    return reply.statusCode === 200 ? reply.json<Record<string, unknown>[]>() : reply.statusCode
  }
  const emit = (instance: string, event: string, data: unknown, sender = '') =>
    server.onInstanceEvent({ instance, event, data, ...(sender && { sender }) })
  t.same(await state(), { instanceName: 'mine', state: null })
  t.match(await listed('instanceName=mine'), [{ connectionStatus: null, ownerJid: null, number: null }])

  const profile = { wuid: '5511912345678:7@s.whatsapp.net', profileName: 'Vendas', profilePictureUrl: 'https://p' }
  await emit('mine', 'connection.update', { state: 'open', ...profile })
  for (let n = 0; n < 3; n++) await emit('other', 'call', 1, '5511900000000@s.whatsapp.net')
  t.same(await state('token-of-mine'), { instanceName: 'mine', state: 'open' })
  t.equal(await state('token-of-other'), 401)
  const connection = {
    name: 'mine',
    connectionStatus: 'open',
    ownerJid: profile.wuid,
    number: '5511912345678',
    profileName: 'Vendas',
    profilePicUrl: 'https://p'
  }
  t.match(await listed(''), [{ connectionStatus: 'open', ownerJid: undefined }, {}])
  t.match(await listed('', 'token-of-mine'), [connection])
  t.match(await listed('number=5511912345678'), [connection], 'by a connection.update')
  t.match(
    await listed('number=%2B55%2011%2090000-0000'),
    [{ name: 'other', ownerJid: /^5511900000000@/ }],
    'by a sender'
  )
  t.equal(await listed('number=5511912345678&instanceName=other'), 404)
  t.equal(await listed('number=5511999999999'), 404)
  t.equal(await listed('number=x'), 400)
  t.match(await listed('number=5511912345678', 'token-of-mine'), [connection])
  t.match(await listed('number=%2B55%2011%2091234-5678', 'token-of-mine'), [connection])
  t.match(await listed('number=5511900000000', 'token-of-other'), [{ name: 'other' }])
  t.strictSame(
    await Promise.all(
      ['5511900000000', '5511999999999', '5511912345678&instanceName=other'].map((number) =>
        listed(`number=${number}`, 'token-of-mine')
      )
    ),
    [401, 401, 401],
    'a token is not told which numbers other instances have'
  )
  await emit('other', 'call', 1, '5511912345678@s.whatsapp.net')
  t.match(await listed('number=5511912345678'), [connection], 'a sender does not stand against a connection.update')

  await emit('mine', 'connection.update', 'malformed', '5511988888888@s.whatsapp.net')
  t.match(await listed('instanceName=mine'), [
    { connectionStatus: null, ownerJid: /^5511988888888@/, profileName: null }
  ])
  await emit('mine', 'connection.update', { state: 'close' })
  t.same(await state(), { instanceName: 'mine', state: 'close' })
  await server.eventLog.instances.remove('other')
  t.equal(await listed('number=5511900000000'), 404, 'the instance of that sender is gone')
  await server.eventLog.instances.create({ name: 'other', token: 'of another tenant' })
  t.equal(await listed('number=5511900000000'), 404, 'it does not inherit the number of the removed one')
  t.match(await listed('instanceName=other'), [{ ownerJid: null }])
})

t.test('the connection is looked for in parts, between which other requests are served', async (t) => {
  const server = await build(t, { sqs: false })
  await server.onInstanceEvent({ instance: 'mine', event: 'connection.update', data: { state: 'open' } })
  const call = { instance: 'mine', event: 'call', data: 1 }
  for (let n = 0; n < 5; n++) await server.onInstanceEvent(Array.from({ length: 1_000 }, () => call))
  let turns = 0
  const count = () => {
    turns++
    timer = setImmediate(count)
  }
  const { log } = server.eventLog.store
  const read = log.read.bind(log)
  let timer: NodeJS.Immediate
  let most = 0
  log.read = async (options) => {
    turns = 0
    timer = setImmediate(count)
    const events = await read(options)
    clearImmediate(timer)
    most = Math.max(most, turns)
    return events
  }
  const reply = await server.inject({ url: '/instance/connectionState/mine', headers })
  t.match(reply.json(), { instance: { state: 'open' } })
  t.ok(most > 1, `${most} turns of the event loop`)
})

t.test('the token of an instance deletes it, and no other', async (t) => {
  const server = await build(t, { sqs: false })
  for (const name of ['mine', 'other']) await server.eventLog.instances.create({ name, token: `token-of-${name}` })
  const remove = async (name: string) =>
    (
      await server.inject({
        method: 'DELETE',
        url: `/instance/delete/${name}`,
        headers: { apikey: 'token-of-mine' }
      })
    ).statusCode
  t.same([await remove('other'), await remove('mine'), await remove('mine')], [401, 200, 401])
  t.same(
    [...server.eventLog.instances.list()].map(({ name }) => name),
    ['other']
  )
})

t.test('delete removes the instance, also with a JSON content type and no body', async (t) => {
  const server = await build(t)
  await server.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  const reply = await server.inject({
    method: 'DELETE',
    url: '/instance/delete/mine',
    headers: { ...headers, 'content-type': 'application/json' }
  })
  t.equal(reply.statusCode, 200)
  t.strictSame(reply.json(), { status: 'SUCCESS', error: false, response: { message: 'Instance deleted' } })
  t.equal((await server.inject({ url: '/instance/fetchInstances?instanceName=mine', headers })).statusCode, 404)
})
