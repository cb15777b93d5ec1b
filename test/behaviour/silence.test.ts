import t from 'tap'
import { openStore } from '../../lib/store/open.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, build } from '../support/build.ts'

const headers = { apikey: API_KEY }

for (const { name, start } of await backends(t)) {
  t.test(`${name}: an instance's own limit is set by routes, applies at once and is kept`, async (t) => {
    const url = await start(t)
    const options = { sqs: false as const, websocket: false as const }
    const server = await build(t, { ...options, eventLog: { url, silenceAfterMinutes: 30 } })
    const send = async (method: 'POST' | 'PUT', path: string, payload: object, apikey = API_KEY) => {
      const reply = await server.inject({ method, url: path, headers: { apikey }, payload })
      return [reply.statusCode, reply.json<unknown>()] as const
    }
    await send('POST', '/instance/create', { instanceName: 'sales', token: 'token-of-sales', silenceAfterMinutes: 5 })
    const read = async () => {
      const reply = await server.inject({ url: '/instance/fetchInstances?instanceName=sales', headers })
      return reply.json<{ silenceAfterMinutes: number | null; updatedAt: string }[]>()[0]
    }
    t.equal((await read())?.silenceAfterMinutes, 5)
    t.match(await send('PUT', '/instance/silence/sales', { afterMinutes: 45 }), [
      200,
      { instance: { instanceName: 'sales' }, afterMinutes: 45 }
    ])
    t.equal((await read())?.silenceAfterMinutes, 45)
    await server.eventLog.instances.setToken('sales', 'another-token-of-sales')
    t.equal((await read())?.silenceAfterMinutes, 45, 'other changes leave it')
    t.match(await send('PUT', '/instance/silence/sales', { afterMinutes: null }), [200, { afterMinutes: null }])
    t.match(await send('PUT', '/instance/silence/sales', { afterMinutes: 0 }), [200, { afterMinutes: 0 }])
    t.match(
      await Promise.all([
        send('PUT', '/instance/silence/nobody', { afterMinutes: 1 }),
        send('PUT', '/instance/silence/sales', { afterMinutes: -1 }),
        send('PUT', '/instance/silence/sales', {}),
        send('PUT', '/instance/silence/sales', { afterMinutes: 1 }, 'another-token-of-sales')
      ]),
      [
        [404, { code: 'IEV_INSTANCE_NOT_FOUND' }],
        [400, { response: { message: [/afterMinutes/] } }],
        [400, { response: { message: [/afterMinutes/] } }],
        [401, {}]
      ]
    )
    await server.close()
    const store = await openStore({ url })
    t.after(() => store.close())
    t.equal(store.instances.require('sales').silenceAfterMinutes, 0)
  })
}

t.test('a silent instance is told by replies, the overview and metrics, until it sends again', async (t) => {
  const server = await build(t, { sqs: false, websocket: false, eventLog: { silenceAfterMinutes: 30 } })
  const { silences } = server.eventLog
  const { now } = Date
  // Events come an hour ago.
  const past = t.intercept(Date, 'now', { value: () => now() - 3_600_000, configurable: true })
  await server.onInstanceEvent({ instance: 'sales', event: 'connection.update', data: { state: 'open' } })
  await server.onInstanceEvent({ instance: 'closed', event: 'connection.update', data: { state: 'close' } })
  past.restore()
  await server.onInstanceEvent({ instance: 'support', event: 'call', data: 1 })
  const shown = async () => {
    const all = await server.inject({ url: '/instance/fetchInstances', headers })
    const { activity } = (await server.inject({ url: '/overview', headers })).json<{
      activity: { silent: number; silenceAfterMinutes: number; longestSilent: string[] }
    }>()
    const table = await server.inject({ url: '/overview/instances', headers })
    const metrics = (await server.inject('/metrics')).body
    return {
      listed: all
        .json<{ name: string; activity: { isSilent: boolean } }[]>()
        .flatMap(({ name, activity: { isSilent } }) => (isSilent ? name : [])),
      overview: table
        .json<{ instances: { instance: string; isSilent: boolean }[] }>()
        .instances.map(({ instance, isSilent }) => [instance, isSilent]),
      named: activity.longestSilent,
      silent: activity.silent,
      limit: activity.silenceAfterMinutes,
      metric: Number(/^iev_instances_silent (\S+)$/m.exec(metrics)?.[1])
    }
  }
  t.same(await shown(), {
    listed: [],
    overview: [
      ['sales', false],
      ['support', false],
      ['closed', false]
    ],
    named: [],
    silent: 0,
    limit: 30,
    metric: 0
  })
  await silences.look()
  t.same(await shown(), {
    listed: ['sales'],
    overview: [
      ['sales', true],
      ['support', false],
      ['closed', false]
    ],
    named: ['sales'],
    silent: 1,
    limit: 30,
    metric: 1
  })
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  await silences.look()
  t.match(await shown(), { listed: [], silent: 0, metric: 0 })
})

t.test('while events are refused, nobody is silent', async (t) => {
  const server = await build(t, { sqs: false, websocket: false, eventLog: { silenceAfterMinutes: 30 } })
  const { silences, refusals } = server.eventLog
  const { now } = Date
  const past = t.intercept(Date, 'now', { value: () => now() - 3_600_000, configurable: true })
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  past.restore()
  refusals.refused({ code: 'IEV_BACKPRESSURE', message: 'full' }, 1, { size: 10 ** 9, deliveries: 1 })
  await silences.look()
  t.equal(silences.count, 0)
})
