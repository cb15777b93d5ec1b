import t from 'tap'
import { API_KEY, build } from '../support/build.ts'

const headers = { apikey: API_KEY }

t.test('a misspelt member of a new token is refused, and the old token stays', async (t) => {
  const server = await build(t)
  await server.eventLog.instances.create({ name: 'mine', token: 'old' })
  const payload = { token: 'newer', keepOldForSecond: 60 }
  const reply = await server.inject({ method: 'PUT', url: '/instance/token/mine', headers, payload })
  t.match(
    { status: reply.statusCode, body: reply.body },
    { status: 400, body: /keepOldForSecond.* is not a known field/ }
  )
  t.equal((await server.inject({ url: '/events/mine', headers: { apikey: 'old' } })).statusCode, 200)
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

t.test('a replaced token is kept for as long as the request says, and the instance shows until when', async (t) => {
  const server = await build(t)
  await server.eventLog.instances.create({ name: 'mine', token: 'first' })
  const put = async (payload: object) => {
    const reply = await server.inject({ method: 'PUT', url: '/instance/token/mine', headers, payload })
    return { status: reply.statusCode, ...reply.json<{ hash: string; oldValidUntil: string | null }>() }
  }
  const shown = async () => {
    const reply = await server.inject({ url: '/instance/fetchInstances?instanceName=mine', headers })
    return reply.json<{ oldTokenValidUntil?: string }[]>()[0]?.oldTokenValidUntil
  }
  t.match(await put({ token: 'second' }), { status: 200, hash: 'second', oldValidUntil: null })
  t.equal(await shown(), undefined)
  const now = Date.now()
  const kept = await put({ token: 'third', keepOldForSeconds: 2_592_000 })
  const untilMs = Date.parse(kept.oldValidUntil ?? '')
  t.ok(untilMs >= now + 2_592_000_000 && untilMs <= Date.now() + 2_592_000_000)
  t.equal(await shown(), kept.oldValidUntil)
  for (const keepOldForSeconds of [-1, 1.5, 2_592_001, '60', null]) {
    const refused = await server.inject({
      method: 'PUT',
      url: '/instance/token/mine',
      headers,
      payload: { keepOldForSeconds }
    })
    t.match(refused.json(), { status: 400, response: { message: [/^body\.keepOldForSeconds must be/] } })
  }
  t.match(await put({ token: 'third' }), { oldValidUntil: null })
  t.equal(await shown(), undefined)
})
