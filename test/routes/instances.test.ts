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
    instance: { instanceName: 'mine', instanceId: /^[0-9a-f-]{36}$/, integration: 'WHATSAPP-BAILEYS' },
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
  t.match(listed.json(), [{ name: 'other', integration: null, sqs: null, websocket: null }])
})

t.test('an instance that was registered by an event gets its token by create', async (t) => {
  const server = await build(t)
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  const reply = await server.inject({
    method: 'POST',
    url: '/instance/create',
    headers,
    payload: { instanceName: 'mine', token: 'abc' }
  })
  t.equal(reply.statusCode, 201)
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

t.test('the list of all instances is written in parts, between which other requests are served', async (t) => {
  const server = await build(t, { sqs: false })
  const instances = server.eventLog.instances as MemoryDirectory
  const given = await instances.create({ name: 'sales', token: 'token-of-sales' })
  for (let key = 2; key <= 20_000; key++) instances.put({ ...given, key, name: `instance ${key}`, tokenHash: null })
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
