import t from 'tap'
import { API_KEY, build } from '../support/build.ts'

const headers = { apikey: API_KEY, 'content-type': 'application/json' }
const event = { event: 'call', data: 1 }

t.test('a percent-encoded name may have accents, spaces and slashes', async (t) => {
  const server = await build(t)
  const name = 'loja são/1'
  const url = `/events/${encodeURIComponent(name)}`
  t.equal((await server.inject({ method: 'POST', url, headers, payload: event })).statusCode, 202)
  t.match((await server.inject({ url, headers })).json(), { events: [{ instance: name, event: 'call' }] })
})

t.test('query and body never override the instance in the path', async (t) => {
  const server = await build(t)
  await server.eventLog.instances.create({ name: 'mine', token: 'token-of-mine' })
  await server.eventLog.instances.create({ name: 'other', token: 'token-of-other' })
  const mine = { apikey: 'token-of-mine' }
  const query = '?instanceName=other&instance=other'

  const set = await server.inject({
    method: 'POST',
    url: `/websocket/set/mine${query}`,
    headers: mine,
    payload: { enabled: true, instanceName: 'other', instance: 'other' }
  })
  t.equal(set.statusCode, 201)
  t.ok(server.websocket.find('mine'))
  t.equal(server.websocket.find('other'), null)

  await server.inject({ method: 'POST', url: `/events/mine${query}`, headers: mine, payload: event })
  const reply = await server.inject({
    method: 'POST',
    url: '/events/mine',
    headers: mine,
    payload: { ...event, instance: 'other' }
  })
  t.equal(reply.statusCode, 400, 'a body with an instance is refused')
  t.equal((await server.inject({ url: `/events/mine${query}`, headers: mine })).statusCode, 400)
  t.match((await server.inject({ url: '/events/mine', headers: mine })).json(), { events: [{ instance: 'mine' }] })
  t.same((await server.inject({ url: '/events/other', headers })).json<{ events: unknown[] }>().events, [])
  t.equal((await server.inject({ url: `/events/other?instanceName=mine`, headers: mine })).statusCode, 401)
})
