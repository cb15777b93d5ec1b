import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'
import { Ajv } from 'ajv'
import Fastify from 'fastify'
import t from 'tap'
import app, { type AppOptions, type SqsGlobalOptions } from '../../app.ts'
import type { AsyncApiDocument } from '../../lib/asyncapi/types.ts'
import { WS_TOO_SLOW } from '../../lib/errors.ts'
import { API_KEY, build, listen } from '../support/build.ts'
import { stream } from '../support/event-stream.ts'
import { client, next } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'

const SECRET = 'secret-of-the-settings'
const AWS = { region: 'sa-east-1', credentials: { accessKeyId: 'AKIA', secretAccessKey: SECRET } }

/** The parser is slow, so only one document has all events. */
const FEW = { events: { names: ['call', 'messages.upsert'], replace: true } }

/** The configurations of a server that change the document. */
const CONFIGURATIONS: Record<string, Partial<AppOptions>> = {
  'a queue for each event, and /': { sqs: { ...AWS, global: {} }, websocket: { globalEvents: true } },
  'events of WAHA, by sockets alone': { eventLog: { events: { hubs: ['waha'] } }, sqs: false },
  'one queue': {
    eventLog: FEW,
    sqs: { ...AWS, global: { prefix: 'hub', singleQueue: true } },
    websocket: false
  },
  'standard queues elsewhere': {
    eventLog: FEW,
    sqs: { ...AWS, endpoint: `http://someone:${SECRET}@127.0.0.1:4566/sqs`, queueType: 'standard', global: {} }
  },
  'events of its own, by sockets alone': {
    eventLog: { events: { names: ['invoice.paid', 'call'], replace: true } },
    sqs: false
  },
  'neither transport': { sqs: false, websocket: false }
}

const get = async (server: Awaited<ReturnType<typeof build>>, headers = {}, prefix = '') =>
  (await server.inject({ url: `${prefix}/docs/asyncapi.json`, headers })).json<AsyncApiDocument>()

for (const [title, options] of Object.entries(CONFIGURATIONS)) {
  t.test(`valid for AsyncAPI's own parser: ${title}`, async (t) => {
    const server = await build(t, { ...options, docs: true })
    const { statusCode, body, headers } = await server.inject('/docs/asyncapi.json')
    t.equal(statusCode, 200, 'without a key')
    t.match(headers['content-type'], 'application/json')
    const { diagnostics, document } = await new Parser().parse(body)
    t.same(
      // Most tools read 3.0 rather than 3.1.
      diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version').map(({ message, path }) => [message, path]),
      []
    )
    t.equal(document?.version(), '3.0.0')
    t.notOk(body.includes(SECRET) || body.includes(API_KEY), 'no secrets')
  })
}

t.test('the channels are the queues, namespaces, streams and pages of this server', async (t) => {
  const addresses = async (options: Partial<AppOptions>) => {
    const { channels } = await get(await build(t, { ...options, docs: true }))
    return Object.values(channels).map(({ address }) => address)
  }
  const both = await addresses(CONFIGURATIONS['a queue for each event, and /'] as AppOptions)
  t.ok(both.includes('global_messages_upsert.fifo'))
  t.notOk(both.includes('global_creds_update.fifo'), 'an event that "all" does not include')
  t.ok(both.includes('{instance}_creds_update.fifo'))
  t.ok(both.includes('global_unknown.fifo'))
  t.same(both.slice(-6), [
    '/{instance}',
    '/',
    '/events/{instance}/stream',
    '/events/stream',
    '/events/{instance}',
    '/events'
  ])

  const single = await addresses(CONFIGURATIONS['one queue'] as AppOptions)
  t.same(single, [
    'hub_singlequeue.fifo',
    '{instance}_call.fifo',
    '{instance}_messages_upsert.fifo',
    '{instance}_unknown.fifo'
  ])

  t.same(await addresses(CONFIGURATIONS['events of its own, by sockets alone'] as AppOptions), [
    '/{instance}',
    '/',
    '/events/{instance}/stream',
    '/events/{instance}'
  ])
  t.same(await addresses({ sqs: false, websocket: false }), [])

  const carried = async (events: '*' | string[]) => {
    const options = { eventLog: FEW, sqs: { ...AWS, global: { singleQueue: true, events } }, docs: true }
    return Object.keys((await get(await build(t, options))).channels['sqs.shared']?.messages ?? {})
  }
  t.same(await carried('*'), ['call', 'messages.upsert', 'unlisted'])
  t.same(await carried(['CALL']), ['call'], 'what the catalogue lacks goes where all events go')
})

t.test('shared queues without the events of own queues say so', async (t) => {
  const titles = async (global: SqsGlobalOptions) => {
    const { channels } = await get(await build(t, { eventLog: FEW, sqs: { ...AWS, global }, docs: true }))
    return ['sqs.shared', 'sqs.shared.call', 'sqs.shared.unlisted'].map((id) => channels[id]?.title)
  }
  t.strictSame(await titles({ unlessOwn: true }), [
    undefined,
    'call of all instances that have no queue of their instance',
    'Events of all instances that are not in the catalogue and have no queue of their instance'
  ])
  t.strictSame(await titles({ unlessOwn: true, singleQueue: true }), [
    'All events of all instances that have no queue of their instance, in one queue',
    undefined,
    undefined
  ])
})

t.test('channels say what selections change in them, and how their messages are grouped', async (t) => {
  const described = async (sqs: object, id: string) => {
    const options = { eventLog: FEW, sqs: { ...AWS, ...sqs }, websocket: { globalEvents: true }, docs: true }
    return (await get(await build(t, options))).channels[id]?.description
  }
  const [own, shared] = ['sqs.instance.call', 'sqs.shared.call']
  t.match(await described({ global: {} }, own), /^FIFO: .*`filter`.*`omit`.*`alsoSentTo`/)
  t.match(
    await described({ global: {} }, shared),
    /The filter and the omitted members of selections do not apply here\.$/
  )
  for (const global of [false, { unlessOwn: true }] as const) t.notMatch(await described({ global }, own), /alsoSentTo/)
  t.match(await described({ queueType: 'standard' }, own), /^Standard: .*message group is the instance/)
  t.notMatch(await described({ queueType: 'standard', fairQueues: false }, own), /message group/)
  t.match(await described({}, 'websocket.instance'), /`filter` of the selection.*`omit`/)
  t.match(await described({}, 'websocket.global'), /Selections do not apply here/)
})

t.test('the servers are the addresses of SQS, Socket.IO and HTTP', async (t) => {
  const elsewhere = await build(t, { ...CONFIGURATIONS['standard queues elsewhere'], docs: true })
  t.match(await get(elsewhere, { host: 'hub.example' }), {
    servers: {
      sqs: { host: '127.0.0.1:4566', pathname: '/sqs' },
      websocket: { host: 'hub.example', pathname: '/socket.io', protocol: 'ws' },
      http: { host: 'hub.example', pathname: undefined, protocol: 'http' }
    }
  })
  const aws = await build(t, { sqs: AWS, docs: true })
  t.match(await get(aws), { servers: { sqs: { host: 'sqs.sa-east-1.amazonaws.com', pathname: undefined } } })

  const behindProxy = Fastify({ trustProxy: true })
  t.after(() => behindProxy.close())
  await behindProxy.register(app, { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: false, prefix: '/hub' })
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'events.example' }
  t.match(await get(behindProxy, forwarded, '/hub'), {
    servers: {
      websocket: { host: 'events.example', protocol: 'wss' },
      http: { host: 'events.example', pathname: '/hub', protocol: 'https' }
    }
  })
})

t.test('events of other hubs say what happened', async (t) => {
  const server = await build(t, { ...CONFIGURATIONS['events of WAHA, by sockets alone'], docs: true })
  const { schemas } = (await get(server)).components
  t.match(schemas['waha.message'], { title: 'data of waha.message', description: 'WAHA: A message came in.' })
})

t.test('an event that the host added has data of any form', async (t) => {
  const server = await build(t, { ...CONFIGURATIONS['events of its own, by sockets alone'], docs: true })
  const { schemas } = (await get(server)).components
  t.same(Object.keys(schemas['invoice.paid'] ?? {}), ['title', 'description'])
})

const fixtures = JSON.parse(readFileSync(new URL('../fixtures/evolution-webhooks.json', import.meta.url), 'utf8')) as {
  event: string
  data: unknown
  isLatest?: boolean
}[]

t.test('messages of queues, sockets, streams and pages match their schemas, and wrong messages do not', async (t) => {
  const sqs = await startSqs(t)
  const { app, url } = await listen(t, {
    docs: true,
    sqs: { ...sqs.options, global: { singleQueue: true } },
    websocket: { globalEvents: true }
  })
  const document = await get(app)
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(document, 'document')
  const fits = (part: string, value: unknown) => {
    const check = ajv.compile({ $ref: `document#/components/messages/${part}` })
    check(value)
    return check.errors
  }

  const traditional = await listen(t, { ...CONFIGURATIONS['events of its own, by sockets alone'], docs: true })
  const { socket: onRoot } = client(t, traditional.url, { auth: { apikey: API_KEY } })
  const [notice] = await next(onRoot, 'notice')
  const inTraditionalMode = new Ajv({ strict: false }).addSchema(await get(traditional.app), 'document')
  t.ok(inTraditionalMode.validate({ $ref: 'document#/components/messages/websocket.notice/payload' }, notice))
  t.notOk(inTraditionalMode.validate({ $ref: 'document#/components/messages/websocket.notice/payload' }, {}))

  const { socket, until } = client(t, url, { auth: { apikey: API_KEY, offset: 'latest' } })
  const [[resumed]] = await Promise.all([next(socket, 'resumed'), next(socket, 'connect')])
  t.same(fits('websocket.resumed/payload', resumed), null)
  const ofAnotherLog = client(t, url, { auth: { apikey: API_KEY, offset: 7, log: 'another' } })
  const [[resuming]] = await Promise.all([next(ofAnotherLog.socket, 'resuming'), next(ofAnotherLog.socket, 'connect')])
  t.same(fits('websocket.resuming/payload', resuming), null)
  const headers = { apikey: API_KEY }
  for (const payload of fixtures) await app.inject({ method: 'POST', url: '/webhook/evolution', headers, payload })

  const received = (await until(fixtures.length + 1)).filter(({ event }) => event !== 'resumed')
  t.same(
    received.flatMap(({ event, message }) => fits(`websocket.${event}/payload`, message) ?? []),
    []
  )

  const streamed = document.channels['stream.all']?.messages ?? {}
  const { until: untilStreamed } = await stream(t, `${url}/events/stream?after=0`)
  const ofStream = (await untilStreamed(fixtures.length + 1)).slice(0, fixtures.length + 1)
  t.same(
    ofStream.map(({ event, message }) => {
      const name = event === 'message' ? String(message.event) : event
      const [, part] = streamed[name]?.$ref.split('#/components/messages/') ?? []
      return { name, faults: fits(`${part}/payload`, message) }
    }),
    [...fixtures.map(({ event }) => ({ name: event, faults: null })), { name: 'resumed', faults: null }]
  )
  t.same(fits('stream.closing/payload', { code: WS_TOO_SLOW }), null)
  t.not(fits('stream.closing/payload', { code: 'another' }), null)

  const page = (await app.inject({ url: '/events?after=0&limit=1000', headers })).json<{ events: object[] }>()
  t.equal(page.events.length, fixtures.length)
  t.same(fits('poll.page/payload', page), null)
  const wrongPages = [
    { ...page, more: undefined },
    { ...page, events: page.events.map((event) => ({ ...event, data: 0 })) },
    { ...page, events: [{ ...page.events[0], offset: undefined }] }
  ].map((wrong) => JSON.parse(JSON.stringify(wrong)) as object)
  t.notOk(wrongPages.some((wrong) => fits('poll.page/payload', wrong) === null))

  const messages = await sqs.receive('global_singlequeue.fifo', fixtures.length)
  const data = { bucket: 'events', key: 'a.json', fileUrl: 'https://s3.example/a.json', size: 2_000_000 }
  const checked = messages.map(({ Body = '', MessageAttributes = {} }) => {
    const message = JSON.parse(Body) as Record<string, unknown>
    const attributes = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue])
    const payload = `sqs.${String(message.event)}/payload`
    const { offset, ...incomplete } = message
    return {
      payload: fits(payload, message),
      headers: fits(`sqs.${String(message.event)}/headers`, Object.fromEntries(attributes)),
      inS3: fits(payload, { ...message, dataType: 's3', data }),
      withoutOffset: fits(payload, incomplete) !== null,
      withOtherData: fits(payload, { ...message, data: 0 }) !== null
    }
  })
  t.same(
    checked,
    messages.map(() => ({ payload: null, headers: null, inS3: null, withoutOffset: true, withOtherData: true }))
  )
})

t.test('the names of the queues of an instance match the addresses of its channels', async (t) => {
  const server = await build(t, { docs: true })
  const events = ['MESSAGES_UPSERT', 'GROUP_PARTICIPANTS_UPDATE']
  const { queues } = await server.sqs.set('sales', { enabled: true, events })
  const { channels } = await get(server)
  const addresses = new Set(Object.values(channels).map(({ address }) => address.replace('{instance}', 'sales')))
  t.same(
    queues.map(({ name }) => name).filter((name) => !addresses.has(name)),
    []
  )
})

t.test('with docs: false there is no document', async (t) => {
  const server = await build(t, { sqs: false, docs: false })
  const replies = await Promise.all(['/docs/asyncapi.json', '/docs/asyncapi'].map((url) => server.inject(url)))
  t.same(
    replies.map(({ statusCode }) => statusCode),
    [404, 404]
  )
})
