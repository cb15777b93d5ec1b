import t from 'tap'
import { SERVER_LIMITS } from '../../lib/instances/limits.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, build, listen } from '../support/build.ts'
import { connect, refusal } from '../support/sockets.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }
const CALL = { event: 'call', data: 1 }

for (const { name, start } of await backends(t)) {
  t.test(
    `${name}: a tenant over its limits is refused, another is not; the limits are set by routes and kept`,
    async (t) => {
      const url = await start(t)
      const options = { sqs: false as const, websocket: false as const, eventLog: { url } }
      const server = await build(t, options)
      const send = async (method: 'POST' | 'PUT', path: string, payload: object, apikey = API_KEY) => {
        const reply = await server.inject({ method, url: path, headers: { apikey }, payload })
        return [
          reply.statusCode,
          reply.json<{ code?: string }>().code ?? reply.json<unknown>(),
          reply.headers['retry-after']
        ]
      }
      const refused = [429, 'IEV_LIMIT_EXCEEDED', String]
      // A thousand events are paid for in a quarter of an hour, which no test takes.
      await send('POST', '/instance/create', { instanceName: 'sales', limits: { eventsPerSecond: 1 } })
      const many = Array.from({ length: 1_000 }, () => CALL)
      t.match(await send('POST', '/events/sales', many), [202], 'more than a second allows, by a full bucket')
      t.match(await send('POST', '/events/sales', CALL), refused)
      t.match(await send('POST', '/webhook/evolution', { instance: 'sales', ...CALL }), refused)
      await t.rejects(server.onInstanceEvent({ instance: 'sales', ...CALL }), { code: 'IEV_LIMIT_EXCEEDED' })
      t.match(await send('POST', '/events/support', CALL), [202])
      t.match(await send('PUT', '/instance/limits/support', { bytesPerSecond: 1, sockets: 0 }), [
        200,
        {
          instance: { instanceName: 'support' },
          limits: { eventsPerSecond: null, bytesPerSecond: 1, sockets: 0, retainedBytes: null }
        }
      ])
      t.match(await send('POST', '/events/support', CALL), [202])
      t.match(await send('POST', '/events/support', CALL), refused)
      t.match(await send('PUT', '/instance/limits/sales', {}), [200])
      t.match(await send('POST', '/events/sales', CALL), [202], 'without a limit at once')

      t.match(
        await Promise.all([
          send('PUT', '/instance/limits/nobody', {}),
          send('PUT', '/instance/limits/sales', { eventsPerSecond: -1 }),
          send('PUT', '/instance/limits/sales', { eventsPerMinute: 1 }),
          send('PUT', '/instance/limits/sales', {}, 'a wrong key')
        ]),
        [
          [404, 'IEV_INSTANCE_NOT_FOUND'],
          [400, 'IEV_VALIDATION'],
          [400, 'IEV_VALIDATION'],
          [401, 'IEV_UNAUTHORIZED']
        ]
      )
      const { rejected } = (await server.inject({ url: '/overview', headers })).json<{
        rejected: { code: string; route: string; instance: string; count: number; message: string }[]
      }>()
      t.match(
        rejected
          .map(({ code, route, instance, count, message }) => [code, instance, route, count, message] as const)
          .toSorted(),
        [
          ['IEV_LIMIT_EXCEEDED', 'sales', 'POST /events/:instance', 1, /eventsPerSecond of 1 on each node/],
          ['IEV_LIMIT_EXCEEDED', 'sales', 'POST /webhook/evolution', 1, /eventsPerSecond of 1 on each node/],
          ['IEV_LIMIT_EXCEEDED', 'support', 'POST /events/:instance', 1, /bytesPerSecond of 1/]
        ]
      )
      t.match((await server.inject('/metrics')).body, /^iev_events_refused_total\{code="IEV_LIMIT_EXCEEDED"\} 4$/m)
      await server.close()
      const again = await build(t, options)
      const listed = await again.inject({ url: '/instance/fetchInstances?search=', headers })
      t.match(listed.json(), [
        { name: 'sales', limits: SERVER_LIMITS },
        { name: 'support', limits: { eventsPerSecond: null, bytesPerSecond: 1, sockets: 0, retainedBytes: null } }
      ])
    }
  )

  t.test(`${name}: the limit of the server applies to each instance by itself`, async (t) => {
    const server = await build(t, {
      sqs: false,
      websocket: false,
      eventLog: { url: await start(t), instanceEventsPerSecond: 1, operatorInstance: 'ops' }
    })
    const post = async (instance: string, count: number) => {
      const payload = Array.from({ length: count }, () => CALL)
      return (await server.inject({ method: 'POST', url: `/events/${instance}`, headers, payload })).statusCode
    }
    t.same(
      [await post('a', 1_000), await post('a', 1), await post('b', 1_000), await post('b', 1)],
      [202, 429, 202, 429]
    )
  })

  t.test(
    `${name}: a tenant that holds as many bytes as it may is refused until some are removed, another is not`,
    async (t) => {
      const server = await build(t, {
        sqs: false,
        websocket: false,
        eventLog: { url: await start(t), instanceRetainedBytes: 100_000 }
      })
      const post = async (instance: string, data: unknown = 'x'.repeat(10_000)) =>
        server.inject({ method: 'POST', url: `/events/${instance}`, headers, payload: { event: 'call', data } })
      const status = async (instance: string) => (await post(instance)).statusCode
      t.equal(await status('quiet'), 202)
      for (let posted = 0; posted < 9; posted++) t.equal(await status('greedy'), 202)
      // On PostgreSQL a node counts now and then.
      await until(async () => (await status('greedy')) === 429)
      const reply = await post('greedy')
      t.match(
        [reply.statusCode, reply.headers['retry-after'], reply.json()],
        [
          429,
          '60',
          {
            code: 'IEV_LIMIT_EXCEEDED',
            response: { message: [/"greedy".* limit retainedBytes of 100000, until older events/] }
          }
        ]
      )
      const mixed = ['quiet', 'greedy'].map((instance) => ({ instance, ...CALL }))
      await t.rejects(server.onInstanceEvent(mixed), { code: 'IEV_LIMIT_EXCEEDED' })
      t.equal(await status('quiet'), 202)
      const { log } = server.eventLog.store
      t.equal((await log.read({ after: 0, limit: 100, instances: ['quiet'] })).length, 2, 'all or none')

      const limit = async (retainedBytes: number | null) => {
        const url = '/instance/limits/greedy'
        return (await server.inject({ method: 'PUT', url, headers, payload: { retainedBytes } })).statusCode
      }
      t.same([await limit(0), await status('greedy'), await limit(null), await status('greedy')], [200, 202, 200, 429])
      while ((await log.prune({ acceptedBefore: Date.now() + 1_000, maxBytes: Infinity })).more);
      await until(async () => (await status('greedy')) === 202)
    }
  )

  t.test(`${name}: an instance has its own limit of sockets, streams and waiting requests`, async (t) => {
    const eventLog = { url: await start(t) }
    const { app, url } = await listen(t, { sqs: false, eventLog, websocket: { maxSocketsPerInstance: 1 } })
    for (const [instance, sockets] of [
      ['one', null],
      ['two', 2],
      ['free', 0]
    ] as const) {
      const limits = { ...SERVER_LIMITS, sockets }
      await app.eventLog.instances.create({ name: instance, token: `token-of-${instance}`, limits })
      await app.websocket.set(instance, { enabled: true })
    }
    const tooMany = { code: 'IEV_WS_TOO_MANY_SOCKETS' }
    const open = (name: string) => connect(t, `${url}/${name}`, `token-of-${name}`)
    const refused = (name: string) => refusal(t, `${url}/${name}`, { auth: { apikey: `token-of-${name}` } })
    await open('one')
    t.match(await refused('one'), tooMany)
    // Another tenant still connects.
    const [first, second] = [await open('two'), await open('two')]
    t.match(await refused('two'), tooMany)
    const get = (path: string) =>
      fetch(`${url}/events/two${path}`, { headers: { apikey: 'token-of-two' }, signal: AbortSignal.timeout(30_000) })
    t.equal((await get('/stream')).status, 429)
    for (let opened = 0; opened < 3; opened++) await open('free')
    second.socket.disconnect()
    await until(() => app.websocket.connected === 5)
    const third = await open('two')

    t.equal((await get('?wait=25')).status, 429)
    for (const { socket } of [first, third]) socket.disconnect()
    await until(() => app.websocket.connected === 4)
    const waiting = [get('?wait=25'), get('?wait=25')]
    await until(() => app.websocket.connected === 6)
    t.equal((await get('?wait=25')).status, 429)
    await app.onInstanceEvent({ instance: 'two', ...CALL })
    t.same(
      (await Promise.all(waiting)).map(({ status }) => status),
      [200, 200]
    )
  })
}

t.test(
  'an instance that may post nothing is refused before its body is read, but after its key is checked',
  async (t) => {
    const server = await build(t, { sqs: false, websocket: false, eventLog: { instanceEventsPerSecond: 1 } })
    await server.onInstanceEvent(Array.from({ length: 1_000 }, () => ({ instance: 'sales', ...CALL })))
    const post = async (apikey: string) => {
      const request = { method: 'POST', url: '/events/sales', payload: 'not JSON' } as const
      return (await server.inject({ ...request, headers: { apikey, 'content-type': 'application/json' } })).statusCode
    }
    t.same([await post(API_KEY), await post('a wrong key')], [429, 401])
  }
)
