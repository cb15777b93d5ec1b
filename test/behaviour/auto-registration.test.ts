import t from 'tap'
import { backends } from '../support/backends.ts'
import { API_KEY, build } from '../support/build.ts'

const headers = { apikey: API_KEY }
const CALL = { event: 'call', data: 1 }

for (const { name, start } of await backends(t)) {
  t.test(`${name}: unknown instances are registered up to a number, those created are not limited`, async (t) => {
    const server = await build(t, { sqs: false, eventLog: { url: await start(t), autoRegisterMax: 2 } })
    const post = async (url: string, payload: object) => {
      const reply = await server.inject({ method: 'POST', url, headers, payload })
      return [reply.statusCode, reply.json<{ code?: string }>().code, reply.headers['retry-after']]
    }
    const refused = [429, 'IEV_TOO_MANY_INSTANCES', '60']
    const names = () =>
      server.eventLog.instances
        .list()
        .map((instance) => instance.name)
        .toArray()
        .toSorted()
    t.match(
      await Promise.all([
        post('/events/a', CALL),
        post('/events/a', CALL),
        post('/websocket/set/b', { enabled: true })
      ]),
      [[202], [202], [201]]
    )
    t.same(
      await Promise.all([
        post('/events/c', CALL),
        post('/webhook/evolution', { instance: 'd', ...CALL }),
        post('/websocket/set/e', { enabled: true })
      ]),
      [refused, refused, refused]
    )
    t.match(await post('/events/a', CALL), [202], 'known instances are as before')
    t.match(await post('/instance/create', { instanceName: 'c' }), [201])
    t.match(await post('/events/c', CALL), [202])
    t.same(names(), ['a', 'b', 'c'])
    const { rejected } = (await server.inject({ url: '/overview', headers })).json<{
      rejected: { code: string; route: string; message: string }[]
    }>()
    t.match(rejected.map(({ code, route, message }) => [code, route, message]).toSorted(), [
      ['IEV_TOO_MANY_INSTANCES', 'POST /events/:instance', /"c".*create it with POST \/instance\/create/],
      ['IEV_TOO_MANY_INSTANCES', 'POST /webhook/evolution', /"d"/]
    ])

    await server.eventLog.instances.remove('b')
    await server.eventLog.instances.remove('c')
    const results = await Promise.all(['f', 'g', 'h'].map((instance) => post(`/events/${instance}`, CALL)))
    t.same(results.map(([status]) => status).toSorted(), [202, 429, 429], 'requests of one moment count together')
    t.equal(names().length, 2)
  })
}

t.test('a failed registration leaves its place to others, and one call may bring several instances', async (t) => {
  const server = await build(t, { sqs: false, eventLog: { autoRegisterMax: 1 } })
  const bad = server.websocket.set('a', { enabled: true, events: ['NO_SUCH_EVENT'] })
  await t.rejects(server.onInstanceEvent({ instance: 'b', ...CALL }), { code: 'IEV_TOO_MANY_INSTANCES' })
  await t.rejects(bad, { code: 'IEV_EVENT_UNKNOWN' })
  const both = ['b', 'c'].map((instance) => ({ instance, ...CALL }))
  await t.rejects(server.onInstanceEvent(both), { code: 'IEV_TOO_MANY_INSTANCES' })
  t.equal(server.eventLog.instances.size, 0)
  await server.onInstanceEvent({ instance: 'b', ...CALL })
  t.equal(server.eventLog.instances.size, 1)
})

t.test(
  'a name that is part of a route is refused wherever it would make an instance, and served if it is stored',
  async (t) => {
    const server = await build(t, { sqs: false })
    const post = async (url: string, payload: object) => {
      const reply = await server.inject({ method: 'POST', url, headers, payload })
      return [reply.statusCode, reply.json<{ code?: string }>().code]
    }
    const posts = () =>
      Promise.all([
        post('/events/stream', CALL),
        post('/webhook/evolution', { instance: 'stream', ...CALL }),
        post('/websocket/set/stream', { enabled: true })
      ])
    const refused = [400, 'IEV_INSTANCE_NAME_INVALID']
    t.same(await posts(), [refused, refused, refused])
    t.same(await post('/instance/create', { instanceName: 'stream' }), refused)
    await t.rejects(server.onInstanceEvent({ instance: 'stream', ...CALL }), { code: refused[1] })
    t.equal(server.eventLog.instances.size, 0)
    await server.eventLog.instances.register('stream', null)
    t.match(await posts(), [[202], [202], [201]])
  }
)
