import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { eventKey } from '../../lib/events/event-key.ts'
import { evolutionGo } from '../../lib/hubs/evolution-go.ts'
import { API_KEY, listen } from '../support/build.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'

const headers = { apikey: API_KEY }

interface WahaBody {
  id: string
  timestamp: number
  event: string
  session: string
  payload: unknown
  me?: { id: string } | null
}

interface EvolutionGoBody {
  event: string
  instanceName: string
  instanceToken: string
  data: unknown
}

const fixtures = (hub: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${hub}-webhooks.json`, import.meta.url), 'utf8')) as unknown

const webhooks = fixtures('waha') as WahaBody[]

/** The message that a consumer must receive for a body, with its offset. */
function expected({ id, timestamp, event, session, payload, ...extra }: WahaBody, offset: number) {
  const date_time = new Date(timestamp).toISOString()
  const sender = extra.me?.id ?? null
  return {
    event: `waha.${event}`,
    instance: session,
    data: payload,
    server_url: '',
    date_time,
    sender,
    id,
    offset,
    ...extra
  }
}

async function post(app: FastifyInstance, payload: object, url = '/webhook/waha') {
  const reply = await app.inject({ method: 'POST', url, headers, payload })
  return [reply.statusCode, reply.json<object>()]
}

t.test('webhooks of WAHA go to sockets, to queues and to the log, once though each is sent twice', async (t) => {
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, {
    sqs: { ...sqs.options, global: {} },
    websocket: { globalEvents: true },
    eventLog: { events: { hubs: ['waha'] } }
  })
  const all = app.eventLog.catalogue.events.map(({ key }) => key)
  await app.websocket.set('vendas-sp', { enabled: true, events: all })
  await app.sqs.set('vendas-sp', { enabled: true, events: ['WAHA_MESSAGE'] })
  const own = await connect(t, `${url}/vendas-sp`, API_KEY)
  const root = await connect(t, url, API_KEY)

  const replies = []
  for (const body of webhooks) replies.push(await post(app, body), await post(app, body))
  t.strictSame(
    replies,
    webhooks.flatMap(({ id }, index) => [
      [202, { id, offset: index + 1, duplicate: false }],
      [202, { id, offset: index + 1, duplicate: true }]
    ])
  )

  const messages = webhooks.map((body, index) => expected(body, index + 1))
  const ofSales = messages.filter(({ instance }) => instance === 'vendas-sp')
  const asReceived = (list: typeof messages) => list.map((message) => ({ event: message.event, message }))
  // What "all" leaves out is seen where an instance selects it.
  const inRoot = messages.filter(({ event, instance }) => instance === 'vendas-sp' || !/state|engine/.test(event))
  t.strictSame(await own.until(ofSales.length), asReceived(ofSales), 'the namespace of the instance')
  t.strictSame(await root.until(inRoot.length), asReceived(inRoot), 'the namespace of all instances')

  const { events } = (await app.inject({ url: '/events', headers })).json<{ events: unknown[] }>()
  t.strictSame(events, messages, 'the log')

  const queues = ['vendas-sp_waha_message.fifo', 'global_waha_message.fifo', 'global_waha_presence_update.fifo']
  const wanted = queues.map((queue) =>
    messages
      .filter(({ event }) => queue.endsWith(`_${eventKey(event).toLowerCase()}.fifo`))
      .map((message) => ({ ...message, dataType: 'json', server: 'instance-events' }))
  )
  const received = await Promise.all(
    queues.map(async (queue, index) => {
      const messages = await sqs.receive(queue, wanted[index]?.length ?? 0)
      return messages.map(({ Body = '' }) => JSON.parse(Body) as unknown)
    })
  )
  t.same(received, wanted, 'the queues')
  t.same(
    queues.map((queue) => sqs.depth(queue)),
    [0, 0, 0],
    'each message once'
  )
})

t.test('a selection of all has the events of the hubs of this server, but for those of debugging', async (t) => {
  const { app } = await listen(t, { sqs: false, eventLog: { events: { hubs: ['waha'] } } })
  const { events } = (await app.websocket.set('sales', { enabled: true })).selection
  t.equal(events.length, 28)
  t.notOk(events.includes('WAHA_ENGINE_EVENT') || events.includes('MESSAGES_UPSERT'))
  const payload = { enabled: true, events: ['waha.message', 'WAHA_MESSAGE_ANY', 'message'] }
  const reply = await app.inject({ method: 'POST', url: '/websocket/set/sales', headers, payload })
  t.match(reply.json(), {
    code: 'IEV_EVENT_UNKNOWN',
    response: { message: [/^events\[2\] "message" is not a known event; the closest are WAHA_MESSAGE, /] }
  })
})

t.test('webhooks of Evolution GO are passed on, and a repeat is a duplicate where its data tells', async (t) => {
  const { app, url } = await listen(t, { sqs: false, eventLog: { events: { hubs: ['evolution-go'] } } })
  const bodies = fixtures('evolution-go') as EvolutionGoBody[]
  const names = [...new Set(bodies.map(({ instanceName }) => instanceName))]
  const sockets = new Map<string, Awaited<ReturnType<typeof connect>>>()
  for (const name of names) {
    await app.websocket.set(name, { enabled: true })
    sockets.set(name, await connect(t, `${url}/${name}`, API_KEY))
  }

  const outcomes = []
  const messages: Record<string, unknown>[] = []
  for (const body of bodies) {
    const { event, instanceName: instance, instanceToken: _token, data, ...extra } = body
    const replies = [await post(app, body, '/webhook/evolution-go'), await post(app, body, '/webhook/evolution-go')]
    outcomes.push([event, replies.map(([status, reply]) => [status, (reply as { duplicate: boolean }).duplicate])])
    const twice = evolutionGo.distinct?.includes(event) ? 1 : 2
    for (let time = 0; time < twice; time++)
      messages.push({ event: `evolution-go.${event}`, instance, data, server_url: '', sender: null, ...extra })
  }
  t.strictSame(
    outcomes,
    bodies.map(({ event }) => [
      event,
      [
        [202, false],
        [202, evolutionGo.distinct?.includes(event)]
      ]
    ])
  )
  const received = await Promise.all(
    names.map((name) => sockets.get(name)?.until(messages.filter(({ instance }) => instance === name).length))
  )
  t.strictSame(
    received.map((list = []) =>
      list.map(({ message: { id: _id, offset: _offset, date_time: _time, ...message } }) => message)
    ),
    names.map((name) => messages.filter(({ instance }) => instance === name))
  )
  t.notMatch(JSON.stringify(received), bodies[0]?.instanceToken, 'the key of the hub is left out')
})
