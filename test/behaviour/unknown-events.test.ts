import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { backends } from '../support/backends.ts'
import app from '../../app.ts'
import { API_KEY, bare, build, listen } from '../support/build.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }
const EVENT = 'messages.starred'

async function post(server: FastifyInstance, payload: object, url = '/webhook/evolution', key = API_KEY) {
  const reply = await server.inject({ method: 'POST', url, headers: { apikey: key }, payload })
  return reply.json<{ offset?: number; code?: string; duplicate?: boolean }>()
}

const body = (n: number, event = EVENT, instance = 'all') => ({
  event,
  instance,
  data: n,
  date_time: `2026-01-31T12:00:00.00${n}Z`
})

for (const { name, start } of await backends(t)) {
  t.test(
    `${name}: an event that the catalogue lacks goes where all events are selected, also after a restart`,
    async (t) => {
      const sqs = await startSqs(t)
      // The SDK adds members to what it is given.
      const shared = () => ({ ...sqs.options, credentials: { ...credentials }, global: {} })
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
      const eventLog = { url: await start(t) }
      const first = await listen(t, {
        eventLog,
        sqs: shared(),
        websocket: { globalEvents: true }
      })
      for (const instance of ['all', 'few']) {
        const events = instance === 'few' ? ['CALL'] : []
        await first.app.sqs.set(instance, { enabled: true, events })
        await first.app.websocket.set(instance, { enabled: true, events })
      }
      const all = await connect(t, `${first.url}/all`, API_KEY)
      const few = await connect(t, `${first.url}/few`, API_KEY)
      const root = await connect(t, first.url, API_KEY)

      t.match(await post(first.app, body(1)), { offset: 1, duplicate: false })
      t.match(await post(first.app, body(1), '/webhook/evolution/messages-starred'), { offset: 1, duplicate: true })
      t.match(await post(first.app, body(2, EVENT, 'few')), { offset: 2 })
      t.match(await post(first.app, body(3, 'call', 'few')), { offset: 3 })

      const seen = ({ event, message }: { event: string; message: Record<string, unknown> }) => [event, message.data]
      t.strictSame((await root.until(3)).map(seen), [
        [EVENT, 1],
        [EVENT, 2],
        ['call', 3]
      ])
      t.strictSame((await all.until(1)).map(seen), [[EVENT, 1]])
      t.strictSame((await few.until(1)).map(seen), [['call', 3]], 'its selection is a list')
      const bodies = async (queue: string, count: number) =>
        (await sqs.bodies(queue, count)).map(({ event, instance, data }) => [event, instance, data])
      t.strictSame(await bodies('all_unknown.fifo', 1), [[EVENT, 'all', 1]])
      t.strictSame((await bodies('global_unknown.fifo', 2)).sort(), [
        [EVENT, 'all', 1],
        [EVENT, 'few', 2]
      ])
      t.strictSame(await bodies('few_call.fifo', 1), [['call', 'few', 3]])
      t.equal(sqs.depth('few_unknown.fifo'), undefined)
      const named = (await first.app.sqs.queues('all')).map(({ name }) => name)
      t.strictSame(named.slice(-1), ['all_unknown.fifo'])
      const { queues, alsoSentTo } = await first.app.sqs.set('all', { enabled: true })
      t.match(queues.at(-1), { event: 'UNKNOWN', name: 'all_unknown.fifo', url: /all_unknown\.fifo$/ })
      t.ok(alsoSentTo.includes('global_unknown.fifo'))
      t.notOk(
        (await first.app.sqs.set('few', { enabled: true, events: ['CALL'] })).alsoSentTo.includes('global_unknown.fifo')
      )
      t.notOk((await first.app.sqs.queues('few')).some(({ name }) => name.includes('unknown')))
      await until(() => first.app.eventLog.store.deliveries.pendingCount() === 0)
      await first.app.close()

      const again = await listen(t, { eventLog, sqs: shared() })
      const auth = { apikey: API_KEY, offset: 0 }
      const resumed = await connect(t, `${again.url}/all`, API_KEY, { auth })
      t.strictSame(
        (await resumed.until(2)).map(({ event }) => event),
        [EVENT, 'resumed']
      )
      const resumedFew = await connect(t, `${again.url}/few`, API_KEY, { auth })
      t.strictSame(
        (await resumedFew.until(2)).map(({ event }) => event),
        ['call', 'resumed']
      )
      const page = await again.app.inject({ url: '/events/all', headers })
      t.match(page.json(), { events: [{ event: EVENT, instance: 'all', data: 1, offset: 1 }] })
      t.match(
        (await again.app.inject({ url: `/events/all?events=${EVENT}`, headers })).json(),
        { code: 'IEV_EVENT_UNKNOWN' },
        'a filter takes the names of the catalogue only, so that a misspelt one is told'
      )
      await again.app.close()

      const events = { names: [EVENT] }
      const grown = await listen(t, { eventLog: { ...eventLog, events }, sqs: shared() })
      t.match(await post(grown.app, body(4)), { offset: 4 })
      t.strictSame(await bodies('all_messages_starred.fifo', 1), [[EVENT, 'all', 4]], 'it has a queue of its own now')
      const filtered = { ...auth, events: [EVENT] }
      const replayed = await connect(t, `${grown.url}/all`, API_KEY, { auth: filtered })
      t.strictSame(
        (await replayed.until(3)).map(({ event }) => event),
        [EVENT, EVENT, 'resumed']
      )
      const found = await grown.app.inject({ url: '/sqs/find/all', headers })
      t.ok(found.json<{ events: string[] }>().events.includes('MESSAGES_STARRED'))
      await grown.app.close()

      const shrunk = await listen(t, { eventLog, sqs: shared() })
      const back = await connect(t, `${shrunk.url}/all`, API_KEY, { auth })
      t.strictSame(
        (await back.until(2)).map(({ event, message }) => [event, message.data ?? message.count]),
        [
          [EVENT, 1],
          ['resumed', 1]
        ],
        'an event that the catalogue had, and has no more, is not one that it lacked'
      )
    }
  )
}

t.test('only a webhook brings events that the catalogue lacks, and their names are bounded', async (t) => {
  const server = await build(t, { sqs: false })
  await server.eventLog.instances.create({ name: 'all', token: 'token-of-all' })
  const answers = {
    'by POST /events': await post(server, { event: EVENT, data: 1 }, '/events/all'),
    'with a token': await post(server, body(1), '/webhook/evolution', 'token-of-all'),
    'with blanks': await post(server, body(1, 'messages starred')),
    'too long': await post(server, body(1, 'm'.repeat(65))),
    'Socket.IO’s own': await post(server, body(1, 'disconnect')),
    'not the one of the URL': await post(server, body(1), '/webhook/evolution/messages-pinned'),
    'long, but not too long': await post(server, body(1, `M${'m'.repeat(63)}`)),
    'in the URL only': await post(server, { instance: 'all' }, '/webhook/evolution/messages-starred')
  }
  t.match(answers, {
    'by POST /events': { code: 'IEV_EVENT_UNKNOWN' },
    'with a token': { code: 'IEV_UNAUTHORIZED' },
    'with blanks': {
      code: 'IEV_EVENT_INVALID',
      response: { message: [/^event "messages starred" .* at most 64 letters/] }
    },
    'too long': { code: 'IEV_EVENT_INVALID' },
    'Socket.IO’s own': { code: 'IEV_EVENT_INVALID' },
    'not the one of the URL': { code: 'IEV_VALIDATION' },
    'long, but not too long': { offset: 1 },
    'in the URL only': { offset: 2 }
  })
  const logged = await server.eventLog.store.log.read({ after: 0, limit: 9 })
  t.strictSame(
    logged.map(({ event }) => event),
    [`M${'m'.repeat(63)}`, 'messages-starred']
  )
  const metrics = (await server.inject('/metrics')).body
  t.match(metrics, 'iev_events_accepted_total{event="unknown"} 2')
  t.notOk(/messages.starred/.test(metrics))
})

t.test('events that the catalogue lacks are refused if the server says so', async (t) => {
  const server = await build(t, { sqs: false, webhookUnknownEvents: 'refuse' })
  t.match(await post(server, body(1)), {
    code: 'IEV_EVENT_UNKNOWN',
    response: { message: [/^event "messages\.starred" is not a known event; the closest are messages\.\w+/] }
  })
  t.match(await post(server, body(1, 'call')), { offset: 1 })
})

t.test('events that the catalogue lacks are in the one queue that all share', async (t) => {
  const sqs = await startSqs(t)
  const server = await build(t, { sqs: { ...sqs.options, global: { singleQueue: true } } })
  for (const n of [1, 2, 3]) await post(server, body(n))
  const bodies = await sqs.bodies('global_singlequeue.fifo', 3)
  t.strictSame(
    bodies.map(({ data }) => data),
    [1, 2, 3]
  )
})

t.test('shared queues for a list of events do not get those that the catalogue lacks', async (t) => {
  const sqs = await startSqs(t)
  const server = await build(t, { sqs: { ...sqs.options, global: { events: ['CALL'] } } })
  await post(server, body(1))
  await post(server, body(2, 'call'))
  t.strictSame(
    (await sqs.bodies('global_call.fifo', 1)).map(({ data }) => data),
    [2]
  )
  await until(() => server.eventLog.store.deliveries.pendingCount() === 0)
  t.equal(sqs.depth('global_unknown.fifo'), undefined)
})

t.test('the queue for events that the catalogue lacks is deleted with the others', async (t) => {
  const sqs = await startSqs(t)
  const server = await build(t, { sqs: { ...sqs.options, deleteUnusedQueues: true, deleteUnusedAfterMs: 0 } })
  await server.sqs.set('all', { enabled: true })
  await post(server, body(1))
  await sqs.receive('all_unknown.fifo', 1)
  await until(() => server.eventLog.store.deliveries.pendingCount() === 0)
  await server.sqs.set('all', { enabled: true, events: ['CALL'] })
  await until(() => sqs.depth('all_unknown.fifo') === undefined)
  t.equal(sqs.depth('all_call.fifo'), 0)
})

t.test('a filter and members to leave out apply to events that the catalogue lacks', async (t) => {
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, { sqs: sqs.options })
  const selection = { enabled: true, filter: { kind: ['wanted'] }, omit: ['data.secret'] }
  await app.sqs.set('all', selection)
  await app.websocket.set('all', selection)
  const listener = await connect(t, `${url}/all`, API_KEY)
  for (const kind of ['other', 'wanted']) await post(app, { ...body(1), data: { kind, secret: 1 } })
  const sent = [
    ...(await sqs.bodies('all_unknown.fifo', 1)),
    ...(await listener.until(1)).map(({ message }) => message)
  ]
  t.strictSame(
    sent.map(({ data }) => data),
    [{ kind: 'wanted' }, { kind: 'wanted' }]
  )
})

t.test('an event that the catalogue lacks is named in the log of the server once in a while', async (t) => {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const server = bare(t, { logger: { level: 'warn', stream } })
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  for (const n of [1, 2, 3]) await post(server, body(n))
  await post(server, body(4, 'messages.pinned'))
  t.strictSame(
    lines.map(({ event, instance, msg }) => [event, instance, msg]),
    [EVENT, 'messages.pinned'].map((event) => [event, 'all', 'An event that is not in the catalogue was accepted'])
  )
})
