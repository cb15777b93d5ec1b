import t from 'tap'
import type { MemoryDirectory } from '../../lib/instances/memory-directory.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, build } from '../support/build.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }

interface Listed {
  name: string
  createdAt: string
  activity: { lastEventAt: string | null; events: { hour: number } }
}

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

t.test('pages of instances are sorted, narrowed and counted', async (t) => {
  for (const { name: backend, start } of await backends(t)) {
    await t.test(backend, async (t) => {
      const server = await build(t, { eventLog: { url: await start(t) } })
      const { instances } = server.eventLog
      for (const name of ['b', 'C', 'a', 'd']) {
        await instances.create({ name, token: `token-${name}` })
        // Instances of the same millisecond are sorted by name.
        await until(() => Date.now() > (instances.get(name)?.createdAt.getTime() ?? 0))
      }
      await server.sqs.set('b', { enabled: true, events: ['CALL'] })
      await server.websocket.set('b', { enabled: true, events: ['CALL'] })
      await server.websocket.set('C', { enabled: true, events: ['CALL'] })
      await server.websocket.set('d', { enabled: false, events: ['CALL'] })
      for (const name of ['C', 'a', 'a']) {
        const before = Date.now()
        await until(() => Date.now() > before)
        await server.onInstanceEvent({ instance: name, event: 'call', data: 1 })
      }
      const { activities, silences } = server.eventLog
      await until(async () => {
        await activities.refresh()
        return activities.of(instances.require('a')).events.hour === 2
      })
      const ask = async (query: string, apikey = API_KEY) => {
        const reply = await server.inject({ url: `/instance/fetchInstances?${query}`, headers: { apikey } })
        return { found: reply.json<Listed[]>(), total: reply.headers['x-total-count'] }
      }
      const names = async (query: string) => (await ask(query)).found.map(({ name }) => name).join('')
      t.equal(await names('sort=name'), 'abCd')
      t.equal(await names('order=desc'), 'dCba')
      t.equal(await names('sort=createdAt'), 'bCad')
      t.equal(await names('sort=createdAt&order=desc&search=A'), 'a')
      t.equal(await names('sort=lastEventAt&order=desc'), 'aCdb')
      t.equal(await names('sort=events'), 'bdCa')
      t.same(await Promise.all(['sqs', 'websocket', 'off', 'silent'].map((state) => names(`state=${state}`))), [
        'b',
        'bC',
        'ad',
        ''
      ])
      silences.restore({ instance: instances.require('C'), last: activities.record(1)!, afterMinutes: 1 })
      t.equal(await names('state=silent&sort=events&order=desc'), 'C')
      t.equal((await ask('limit=1&count=true&state=websocket&sort=createdAt')).total, '2')
      t.equal((await ask('limit=1&count=true&search=c')).total, '1')
      t.match(await ask('count=true'), { found: { length: 4 }, total: '4' })
      t.equal((await ask('limit=1')).total, undefined)

      const valueOf = ({ createdAt, activity }: Listed, sort: string) =>
        String({ createdAt, lastEventAt: activity.lastEventAt ?? '', events: activity.events.hour }[sort])
      for (const sort of ['createdAt', 'lastEventAt', 'events'])
        for (const order of ['asc', 'desc']) {
          const all = await names(`sort=${sort}&order=${order}`)
          let seen = ''
          for (let after = ''; seen.length < 4;) {
            const [one] = (await ask(`sort=${sort}&order=${order}&limit=1${after}`)).found
            if (!one) break
            seen += one.name
            after = `&after=${one.name}&afterValue=${encodeURIComponent(valueOf(one, sort))}`
          }
          t.equal(seen, all, `${sort} ${order}, page by page`)
        }

      const own = (query: string) => ask(query, 'token-b')
      t.match(await own('sort=events&state=sqs&count=true'), { found: [{ name: 'b' }], total: '1' })
      t.match(await own('state=off&count=true'), { found: { length: 0 }, total: '0' })
      t.match((await own('sort=events&after=a&afterValue=0')).found, [{ name: 'b' }])
      t.same((await own('sort=events&after=c&afterValue=0')).found, [])
      t.same((await own('sort=events&order=desc&after=b&afterValue=0')).found, [])
      t.same((await own('sort=createdAt&search=x')).found, [])
    })
  }
})

t.test('bad pages of instances are refused', async (t) => {
  const server = await build(t)
  const refused: [string, RegExp][] = [
    ['sort=size', /querystring\.sort must be "name" or "createdAt" or "lastEventAt" or "events"$/],
    ['state=on', /querystring\.state must be "sqs" or "websocket" or "off" or "silent"$/],
    ['order=up', /querystring\.order must be "asc" or "desc"$/],
    ['count=2', /querystring\.count must be boolean/],
    ['sort=events&after=a', /querystring\.afterValue is required with after and sort=events/],
    ['after=a&afterValue=1', /querystring\.afterValue can only be used with after, and with another sort than name/],
    ['sort=events&afterValue=1', /querystring\.afterValue can only be used with after/],
    ['sort=events&after=a&afterValue=2.5', /querystring\.afterValue must be a whole number/],
    ['sort=events&after=a&afterValue=0x1', /querystring\.afterValue must be a whole number/],
    ['sort=createdAt&after=a&afterValue=1', /querystring\.afterValue must be a date and time/],
    ['sort=createdAt&after=a&afterValue=soon', /querystring\.afterValue must be a date and time/]
  ]
  for (const [query, message] of refused) {
    const reply = await server.inject({ url: `/instance/fetchInstances?${query}`, headers })
    t.match(reply.json(), { status: 400, code: 'IEV_VALIDATION', response: { message: [message] } }, query)
  }
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
  await server.onInstanceEvent({ instance: 'a', event: 'call', data: 1, sender: '5511912345678@s.whatsapp.net' })
  t.same(await ask('instanceName=a&number=5511912345678'), ['a'])
  for (const [query, blamed] of [
    [`instanceId=${id}&instanceName=b`, id],
    [`instanceId=${id}&instanceName=c`, 'c'],
    ['instanceName=b&number=5511912345678', '5511912345678'],
    [`instanceId=${b.id}&number=5511912345678`, '5511912345678'],
    ['number=5511900000000', '5511900000000']
  ] as const) {
    const reply = await server.inject({ url: `/instance/fetchInstances?${query}`, headers })
    t.match(reply.json(), { status: 404, response: { message: [new RegExp(`"${blamed}"`)] } }, query)
  }
  const unknown = await server.inject({ url: '/instance/fetchInstances?name=b', headers })
  t.match(unknown.json(), { response: { message: ['querystring.name is not a known field'] } })
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
