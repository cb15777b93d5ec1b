import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'
import { Ajv } from 'ajv'
import Fastify from 'fastify'
import t from 'tap'
import app, { type AppOptions } from '../../app.ts'
import type { AsyncApiDocument } from '../../lib/asyncapi/types.ts'
import { API_KEY, build, listen } from '../support/build.ts'
import { client, next } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'

const SECRET = 'secret-of-the-settings'
const AWS = { region: 'sa-east-1', credentials: { accessKeyId: 'AKIA', secretAccessKey: SECRET } }

/** The parser takes its time: one document with all events is enough. */
const FEW = { events: { names: ['call', 'messages.upsert'], replace: true } }

/** Each way in which a server can be set that changes the document. */
const CONFIGURATIONS: Record<string, Partial<AppOptions>> = {
  'a queue for each event, and /': { sqs: { ...AWS, global: {} }, websocket: { globalEvents: true } },
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

const get = async (server: Awaited<ReturnType<typeof build>>, headers = {}) =>
  (await server.inject({ url: '/docs/asyncapi.json', headers })).json<AsyncApiDocument>()

for (const [title, options] of Object.entries(CONFIGURATIONS)) {
  t.test(`valid for AsyncAPI's own parser: ${title}`, async (t) => {
    const server = await build(t, { ...options, docs: true })
    const { statusCode, body, headers } = await server.inject('/docs/asyncapi.json')
    t.equal(statusCode, 200, 'without a key')
    t.match(headers['content-type'], 'application/json')
    const { diagnostics, document } = await new Parser().parse(body)
    t.same(
      // That 3.1 is out: it is 3.0 that most tools read.
      diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version').map(({ message, path }) => [message, path]),
      []
    )
    t.equal(document?.version(), '3.0.0')
    t.notOk(body.includes(SECRET) || body.includes(API_KEY), 'no secrets')
  })
}

t.test('channels are the queues and namespaces that there are', async (t) => {
  const addresses = async (options: Partial<AppOptions>) => {
    const { channels } = await get(await build(t, { ...options, docs: true }))
    return Object.values(channels).map(({ address }) => address)
  }
  const both = await addresses(CONFIGURATIONS['a queue for each event, and /'] as AppOptions)
  t.ok(both.includes('global_messages_upsert.fifo'))
  t.notOk(both.includes('global_creds_update.fifo'), 'which "all" leaves out')
  t.ok(both.includes('{instance}_creds_update.fifo'))
  t.same(both.slice(-2), ['/{instance}', '/'])

  const single = await addresses(CONFIGURATIONS['one queue'] as AppOptions)
  t.same(single, ['hub_singlequeue.fifo', '{instance}_call.fifo', '{instance}_messages_upsert.fifo'])

  t.same(await addresses(CONFIGURATIONS['events of its own, by sockets alone'] as AppOptions), ['/{instance}'])
  t.same(await addresses({ sqs: false, websocket: false }), [])
})

t.test('servers say where SQS and Socket.IO are', async (t) => {
  const elsewhere = await build(t, { ...CONFIGURATIONS['standard queues elsewhere'], docs: true })
  t.match(await get(elsewhere, { host: 'hub.example' }), {
    servers: {
      sqs: { host: '127.0.0.1:4566', pathname: '/sqs' },
      websocket: { host: 'hub.example', pathname: '/socket.io', protocol: 'ws' }
    }
  })
  const aws = await build(t, { sqs: AWS, docs: true })
  t.match(await get(aws), { servers: { sqs: { host: 'sqs.sa-east-1.amazonaws.com', pathname: undefined } } })

  const behindProxy = Fastify({ trustProxy: true })
  t.after(() => behindProxy.close())
  await behindProxy.register(app, { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: false })
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'events.example' }
  t.match(await get(behindProxy, forwarded), { servers: { websocket: { host: 'events.example', protocol: 'wss' } } })
})

t.test('an event that is not of Evolution API has data of any form', async (t) => {
  const server = await build(t, { ...CONFIGURATIONS['events of its own, by sockets alone'], docs: true })
  const { schemas } = (await get(server)).components
  t.same(Object.keys(schemas['invoice.paid'] ?? {}), ['title', 'description'])
})

const fixtures = JSON.parse(readFileSync(new URL('../fixtures/evolution-webhooks.json', import.meta.url), 'utf8')) as {
  event: string
  data: unknown
  isLatest?: boolean
}[]

t.test('what queues and sockets carry is what the document says, and it says something', async (t) => {
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

  const { socket, until } = client(t, url, { auth: { apikey: API_KEY, offset: 'latest' } })
  const [[resumed]] = await Promise.all([next(socket, 'resumed'), next(socket, 'connect')])
  t.same(fits('websocket.resumed/payload', resumed), null)
  const ofAnotherLog = client(t, url, { auth: { apikey: API_KEY, offset: 7, log: 'another' } })
  const [[resuming]] = await Promise.all([next(ofAnotherLog.socket, 'resuming'), next(ofAnotherLog.socket, 'connect')])
  t.same(fits('websocket.resuming/payload', resuming), null)
  const headers = { apikey: API_KEY }
  for (const payload of fixtures) await app.inject({ method: 'POST', url: '/webhook/evolution', headers, payload })

  for (const { event, message } of await until(fixtures.length + 1)) {
    if (event !== 'resumed') t.same(fits(`websocket.${event}/payload`, message), null, event)
  }
  for (const { Body = '', MessageAttributes = {} } of await sqs.receive('global_singlequeue.fifo', fixtures.length)) {
    const message = JSON.parse(Body) as Record<string, unknown>
    const attributes = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue])
    t.same(fits(`sqs.${String(message.event)}/payload`, message), null, `${String(message.event)} of SQS`)
    t.same(fits(`sqs.${String(message.event)}/headers`, Object.fromEntries(attributes)), null)
    const { offset, ...incomplete } = message
    t.ok(fits(`sqs.${String(message.event)}/payload`, incomplete), 'without its offset it is not')
    t.ok(fits(`sqs.${String(message.event)}/payload`, { ...message, data: 0 }), 'nor with other data')
    const data = { bucket: 'events', key: 'a.json', fileUrl: 'https://s3.example/a.json', size: 2_000_000 }
    t.same(fits(`sqs.${String(message.event)}/payload`, { ...message, dataType: 's3', data }), null, 'or in S3')
  }
})

t.test('the queues of an instance have the addresses of its channels', async (t) => {
  const server = await build(t, { docs: true })
  const events = ['MESSAGES_UPSERT', 'GROUP_PARTICIPANTS_UPDATE']
  const { queues } = await server.sqs.set('sales', { enabled: true, events })
  const { channels } = await get(server)
  const addresses = new Set(Object.values(channels).map(({ address }) => address.replace('{instance}', 'sales')))
  for (const { name } of queues) t.ok(addresses.has(name), name)
})

t.test('who wants no documents has none', async (t) => {
  const server = await build(t, { sqs: false, docs: false })
  for (const url of ['/docs/asyncapi.json', '/docs/asyncapi']) t.equal((await server.inject(url)).statusCode, 404)
})
