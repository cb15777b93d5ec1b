import t from 'tap'
import type { MemoryDirectory } from '../../lib/instances/memory-directory.ts'
import { API_KEY, build } from '../support/build.ts'

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

t.test('fetchInstances lists all instances, or one', async (t) => {
  const server = await build(t)
  for (const name of ['a', 'b']) await server.eventLog.instances.create({ name, token: `token-${name}` })
  await server.websocket.set('b', { enabled: true, events: ['CALL'] })
  const all = await server.inject({ url: '/instance/fetchInstances', headers })
  t.match(all.json(), [{ name: 'a' }, { name: 'b', websocket: { enabled: true, events: ['CALL'] } }])
  const one = await server.inject({ url: '/instance/fetchInstances?instanceName=b', headers })
  t.match(one.json(), [{ name: 'b' }])
})

t.test('fetchInstances replies with pages sorted by name; its search ignores case and accents', async (t) => {
  const server = await build(t)
  for (const name of ['vendas', 'São Paulo', 'suporte', 'Santos']) {
    await server.eventLog.instances.create({ name, token: `token-${name.toLowerCase().slice(0, 4)}` })
  }
  const names = async (query: string, apikey = API_KEY) => {
    const reply = await server.inject({ url: `/instance/fetchInstances?${query}`, headers: { apikey } })
    return reply.json<{ name: string }[]>().map(({ name }) => name)
  }
  t.same(await names('limit=2'), ['Santos', 'São Paulo'])
  t.same(await names(`limit=2&after=${encodeURIComponent('São Paulo')}`), ['suporte', 'vendas'])
  t.same(await names('search=sao'), ['São Paulo'])
  t.same(await names('search=S&after=santos'), ['São Paulo', 'suporte', 'vendas'])
  t.same(await names('after=zzz'), [])
  t.same(await names('limit=10', 'token-supo'), ['suporte'])
  t.same(await names('after=suporte', 'token-supo'), [])
  t.same(await names('search=vend', 'token-supo'), [])
})

t.test('fetchInstances finds an instance by its id, and replies 404 for an unknown one', async (t) => {
  const server = await build(t)
  const { id } = await server.eventLog.instances.create({ name: 'a', token: 'token-a' })
  const b = await server.eventLog.instances.create({ name: 'b', token: 'token-b' })
  const ask = async (query: string, apikey = API_KEY) => {
    const reply = await server.inject({ url: `/instance/fetchInstances?${query}`, headers: { apikey } })
    return reply.statusCode === 200 ? reply.json<{ name: string }[]>().map(({ name }) => name) : reply.statusCode
  }
  const asked = Object.fromEntries(
    await Promise.all(
      [
        `instanceId=${b.id}`,
        `instanceId=${id}&instanceName=a`,
        `instanceId=${id}&instanceName=b`,
        'instanceId=none',
        'instanceName=b&search=B',
        'instanceName=b&after=b',
        'name=b',
        'limit=0',
        'limit=1001',
        'limit=x'
      ].map(async (query) => [query, await ask(query)])
    )
  ) as Record<string, unknown>
  t.same(Object.values(asked), [['b'], ['a'], 404, 404, ['b'], [], 400, 400, 400, 400])
  t.same(await ask(`instanceId=${id}`, 'token-a'), ['a'])
  t.same(await ask(`instanceId=${b.id}`, 'token-a'), 401)
  const unknown = await server.inject({ url: '/instance/fetchInstances?name=b', headers })
  t.match(unknown.json(), { response: { message: ['querystring.name is not a known field'] } })
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
  t.equal(await listed('number=5511900000000', 'token-of-mine'), 401)

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

t.test('the list of all instances is written in parts, between which other requests are served', async (t) => {
  const server = await build(t, { sqs: false })
  const instances = server.eventLog.instances as MemoryDirectory
  const given = await instances.create({ name: 'sales', token: 'token-of-sales' })
  const { createdAt, updatedAt } = given
  for (let key = 2; key <= 20_000; key++)
    instances.put({ ...given, createdAt, updatedAt, key, name: `instance ${key}`, tokenHash: null })
  let turns = 0
  const count = () => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  const reply = await server.inject({ url: '/instance/fetchInstances', headers })
  clearImmediate(timer)
  t.ok(turns > reply.body.length / 100_000, `${turns} turns of the event loop`)
  t.equal(reply.headers['content-type'], 'application/json; charset=utf-8')
  const all = reply.json<{ name: string }[]>()
  t.equal(all.length, 20_000)
  t.match([all[0], all.at(-1)], [{ name: 'sales' }, { name: 'instance 20000' }])
})

t.test('a new token, given or generated, replaces the old one', async (t) => {
  const server = await build(t)
  await server.eventLog.instances.create({ name: 'mine', token: 'old' })
  const put = async (payload?: object) =>
    (await server.inject({ method: 'PUT', url: '/instance/token/mine', headers, ...(payload && { payload }) })).json<{
      hash: string
    }>()
  t.match(await put({ token: 'newer' }), { instance: { instanceName: 'mine' }, hash: 'newer' })
  const { hash } = await put()
  t.match(hash, /^[0-9A-F-]{36}$/)
  for (const [apikey, status] of [
    ['old', 401],
    ['newer', 401],
    [hash, 200]
  ] as const) {
    t.equal((await server.inject({ url: '/events/mine', headers: { apikey } })).statusCode, status)
  }
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
