import t from 'tap'
import { HUB_NAMES } from '../../lib/hubs/hub.ts'
import { API_KEY, build, folder } from '../support/build.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }

t.test('fetchInstances and the overview tell what instances have sent, also after a restart', async (t) => {
  const options = { sqs: false as const, websocket: false as const, eventLog: { url: `file:${folder(t)}/events.db` } }
  const first = await build(t, options)
  await first.onInstanceEvent([
    { instance: 'sales', event: 'connection.update', data: { state: 'open' } },
    { instance: 'sales', event: 'call', data: 1 },
    { instance: 'support', event: 'connection.update', data: { state: 'close' } }
  ])
  await first.onInstanceEvent({ instance: 'care', event: 'labels.edit', data: 1 })
  await first.eventLog.instances.create({ name: 'unused', token: 'token-of-unused' })
  await first.close()

  const server = await build(t, options)
  await until(() => server.eventLog.activities.countedSince === null)
  const ask = async <T>(url: string) => (await server.inject({ url, headers })).json<T>()
  type Instance = { name: string; connectionStatus?: string; activity: { lastEventAt: string | null } }
  const all = await ask<Instance[]>('/instance/fetchInstances')
  const counts = (count: number) => ({ minute: count, hour: count, day: count })
  const iso = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/
  const activity = {
    sales: { lastEventAt: iso, lastEvent: 'call', connectionState: 'open', events: counts(2) },
    support: { lastEventAt: iso, lastEvent: 'connection.update', connectionState: 'close', events: counts(1) },
    care: { lastEventAt: iso, lastEvent: 'labels.edit', connectionState: null, events: counts(1) },
    unused: { lastEventAt: null, lastEvent: null, connectionState: null, events: counts(0) }
  }
  t.match(
    all,
    Object.entries(activity).map(([name, sent]) => ({ name, activity: sent }))
  )
  const page = await ask<Instance[]>('/instance/fetchInstances?search=sales')
  const [one] = await ask<Instance[]>('/instance/fetchInstances?instanceName=sales')
  t.same([page[0]?.activity, one?.activity], [all[0]?.activity, all[0]?.activity])
  t.equal(one?.connectionStatus, 'open')

  type Overview = { activity: { oldestOpenSilenceSeconds: number } }
  const overview = await ask<Overview>('/overview')
  t.match(overview, { activity: { countedSince: null, silent: 0, longestSilent: [] } })
  const own = { pending: 0, oldestPendingAgeSeconds: null, deadLetters: 0 }
  t.match(await ask('/overview/instances'), {
    instances: [
      { instance: 'sales', ...activity.sales, ...own },
      { instance: 'care', ...activity.care, ...own }
    ]
  })
  t.ok(overview.activity.oldestOpenSilenceSeconds > 0)
  const metrics = (await server.inject('/metrics')).body
  t.ok(Number(/^iev_instances_open_silence_seconds (\S+)$/m.exec(metrics)?.[1]) > 0)
})

t.test('a state is told after its event is too far back in the log to be read again', async (t) => {
  const server = await build(t, { sqs: false })
  await server.onInstanceEvent({ instance: 'sales', event: 'connection.update', data: { state: 'open' } })
  const { log } = server.eventLog.store
  const read = log.read.bind(log)
  const range = log.range.bind(log)
  // As if 60,000 other events had followed.
  t.intercept(log, 'range', { value: async () => ({ ...(await range()), head: 60_001 }) })
  t.intercept(log, 'read', { value: (options: Parameters<typeof read>[0]) => read({ ...options, upTo: 60_001 }) })
  const ask = async (url: string) => (await server.inject({ url, headers })).json<unknown>()
  t.match(await ask('/instance/connectionState/sales'), { instance: { instanceName: 'sales', state: 'open' } })
  t.match(await ask('/instance/fetchInstances?instanceName=sales'), [{ connectionStatus: 'open' }])
})

t.test('the state of a connection is that of the last event about it, also of other hubs', async (t) => {
  const eventLog = { events: { hubs: HUB_NAMES } }
  const server = await build(t, { sqs: false, websocket: false, eventLog })
  const states: unknown[] = []
  const events: [event: string, data: unknown][] = [
    ...['STARTING', 'WORKING', 'FAILED', 'OF_TOMORROW', 'constructor'].map((status): [string, unknown] => [
      'waha.session.status',
      { status }
    ]),
    ['evolution-go.Connected', { status: 'open' }],
    ['evolution-go.Disconnected', {}]
  ]
  for (const [event, data] of events) {
    await server.onInstanceEvent({ instance: 'vendas', event, data })
    const reply = await server.inject({ url: '/instance/fetchInstances?instanceName=vendas', headers })
    const [one] = reply.json<{ connectionStatus: string | null; activity: { connectionState: string | null } }[]>()
    states.push([one?.connectionStatus, one?.activity.connectionState])
  }
  t.same(states, [
    ['connecting', 'connecting'],
    ['open', 'open'],
    ['close', 'close'],
    [null, null],
    [null, null],
    ['open', 'open'],
    ['close', 'close']
  ])
})

t.test('the overview says since when events are counted, and without an operator no queue is told of', async (t) => {
  const server = await build(t, { sqs: false })
  t.intercept(server.eventLog.activities, 'countedSince', { value: new Date(0) })
  const { activity } = (await server.inject({ url: '/overview', headers: { apikey: API_KEY } })).json<{
    activity: object
  }>()
  t.match(activity, { countedSince: '1970-01-01T00:00:00.000Z' })
  t.strictSame(server.eventLog.queueFaults(), [])
})
