import t from 'tap'
import app from '../../app.ts'
import { API_KEY, bare, build } from '../support/build.ts'

const headers = { apikey: API_KEY }

t.test('a webhook that is sent again with its id is accepted once, with all of its members', async (t) => {
  const server = await build(t, { sqs: false, eventLog: { exposeApiKey: true } })
  const payload = {
    event: 'call',
    instance: 'sales',
    data: { from: 'Maria' },
    id: 'one',
    date_time: '2026-01-31T09:00:00-03:00',
    sender: '5511912345678@s.whatsapp.net',
    server_url: 'https://evolution.example',
    apikey: 'theirs'
  }
  const send = async () => server.inject({ method: 'POST', url: '/webhook/evolution', headers, payload })
  t.same((await send()).json(), { id: 'one', offset: 1, duplicate: false })
  t.same((await send()).json(), { id: 'one', offset: 1, duplicate: true })
  const { events } = (await server.inject({ url: '/events/sales', headers })).json<{ events: unknown[] }>()
  t.strictSame(events, [{ ...payload, date_time: '2026-01-31T12:00:00.000Z', offset: 1 }])
})

t.test('a webhook with only an event is accepted with data null', async (t) => {
  const server = await build(t, { sqs: false })
  const payload = { event: 'call', instance: 'sales' }
  const reply = await server.inject({ method: 'POST', url: '/webhook/evolution', headers, payload })
  t.match(reply.json(), { offset: 1, duplicate: false })
  const { events } = (await server.inject({ url: '/events/sales', headers })).json<{ events: unknown[] }>()
  t.match(events, [{ event: 'call', data: null, sender: null }])
})

t.test('a webhook is accepted without a sender, server_url or apikey of more than 2,048 characters', async (t) => {
  const server = await build(t, { sqs: false, eventLog: { exposeApiKey: true } })
  const long = 'x'.repeat(2_049)
  const payload = { event: 'call', instance: 'sales', data: 1, sender: long, server_url: long, apikey: long }
  const reply = await server.inject({ method: 'POST', url: '/webhook/evolution', headers, payload })
  t.match(reply.json(), { offset: 1, duplicate: false })
  const { events } = (await server.inject({ url: '/events/sales', headers })).json<{ events: object[] }>()
  t.match(events, [{ data: 1, sender: null, server_url: '' }])
  t.notOk('apikey' in (events[0] ?? {}))
})

t.test('a webhook without an id that comes again is a duplicate, whatever the way it comes', async (t) => {
  const server = await build(t, { sqs: false })
  const body = {
    event: 'messages.upsert',
    instance: 'sales',
    data: { key: { id: '3EB0A1' }, n: 1 },
    destination: 'http://localhost:8080/webhook/evolution',
    date_time: '2026-01-31T12:00:00.123Z',
    sender: '5511912345678@s.whatsapp.net',
    server_url: 'https://evolution.example',
    apikey: 'theirs'
  }
  const { sender, server_url, apikey, destination, event, ...few } = body
  const send = async (payload: object, url = '/webhook/evolution') => {
    const reply = await server.inject({ method: 'POST', url, headers, payload })
    const { id, offset, duplicate } = reply.json<{ id: string; offset: number; duplicate: boolean }>()
    return [offset, duplicate, /^[0-9a-f]{12}-[\w-]{43}$/.test(id)]
  }
  const sent = {
    first: await send(body),
    again: await send(body),
    'by the global webhook': await send({ ...body, destination: 'http://elsewhere' }),
    'by events': await send(few, '/webhook/evolution/messages-upsert'),
    'its key': await send({ ...body, event: 'MESSAGES_UPSERT' }),
    'other data': await send({ ...body, data: { key: { id: '3EB0A1' }, n: 2 } }),
    'another millisecond': await send({ ...body, date_time: '2026-01-31T12:00:00.124Z' }),
    'another instance': await send({ ...body, instance: 'support' }),
    'without data': await send({ ...body, data: undefined }),
    'without a time': await send({ ...body, date_time: undefined }),
    'again without a time': await send({ ...body, date_time: undefined })
  }
  t.strictSame(sent, {
    first: [1, false, true],
    again: [1, true, true],
    'by the global webhook': [1, true, true],
    'by events': [1, true, true],
    'its key': [1, true, true],
    'other data': [2, false, true],
    'another millisecond': [3, false, true],
    'another instance': [4, false, true],
    'without data': [5, false, true],
    'without a time': [6, false, false],
    'again without a time': [7, false, false]
  })
})

t.test('a large webhook that comes again is a duplicate, too', async (t) => {
  const server = await build(t, { sqs: false })
  const send = async (base64: string) => {
    const payload = { event: 'messages.upsert', instance: 'sales', data: { base64 }, date_time: '2026-01-31T12:00:00Z' }
    return (await server.inject({ method: 'POST', url: '/webhook/evolution', headers, payload })).json<object>()
  }
  const media = 'A'.repeat(400_000)
  t.match(
    [await send(`${media}B`), await send(`${media}C`), await send(`${media}B`)],
    [
      { offset: 1, duplicate: false },
      { offset: 2, duplicate: false },
      { offset: 1, duplicate: true }
    ]
  )
})

t.test('a time that is none is refused as without derived ids', async (t) => {
  const server = await build(t, { sqs: false })
  const payload = { event: 'call', instance: 'sales', date_time: 'yesterday' }
  const reply = await server.inject({ method: 'POST', url: '/webhook/evolution', headers, payload })
  t.match(reply.json(), {
    status: 400,
    code: 'IEV_VALIDATION',
    response: { message: [/^body\.date_time must be a time in ISO 8601/] }
  })
})

t.test('data that a hook of the host has put in place is refused if it cannot be written', async (t) => {
  const server = bare(t)
  let data: unknown = { n: 1 }
  server.addHook('preHandler', async ({ body }) => void Object.assign(body as object, { data }))
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  const payload = { event: 'call', instance: 'sales', date_time: '2026-01-31T12:00:00Z' }
  const send = async () =>
    (await server.inject({ method: 'POST', url: '/webhook/evolution', headers, payload })).json<object>()
  t.match([await send(), await send()], [{ duplicate: false }, { duplicate: true }])
  data = () => 1
  t.match(await send(), { status: 400, response: { message: ['data is function, which JSON cannot represent'] } })
})

t.test('derived ids can be switched off', async (t) => {
  const server = await build(t, { sqs: false, webhookDerivedIds: false })
  const payload = { event: 'call', instance: 'sales', date_time: '2026-01-31T12:00:00Z' }
  const send = async () =>
    (await server.inject({ method: 'POST', url: '/webhook/evolution', headers, payload })).json<object>()
  t.match(
    [await send(), await send()],
    [
      { offset: 1, duplicate: false },
      { offset: 2, duplicate: false }
    ]
  )
})

t.test('trailing and doubled slashes are ignored, whatever the router of the host does', async (t) => {
  for (const prefix of ['', '/hub']) {
    const server = await build(t, { sqs: false, prefix })
    const send = async (url: string, event?: string) => {
      const payload = { instance: 'sales', data: 1, event }
      const reply = await server.inject({ method: 'POST', url: `${prefix}${url}`, headers, payload })
      return reply.json<{ offset?: number; code?: string }>().offset ?? reply.json<{ code: string }>().code
    }
    const sent = [
      await send('/webhook/evolution/', 'call'),
      await send('/webhook/evolution//', 'call'),
      await send('/webhook/evolution//messages-upsert'),
      await send('/webhook/evolution/messages-upsert/', 'messages.upsert'),
      await send('/webhook/evolution///messages-upsert//'),
      await send('/webhook/evolution//messages-upsert', 'call'),
      await send('/webhook/evolution/'),
      await send('/webhook/evolution/messages/upsert')
    ]
    t.strictSame(sent, [1, 2, 3, 4, 5, 'IEV_VALIDATION', 'IEV_VALIDATION', 'IEV_NOT_FOUND'])
    const named = await server.eventLog.store.log.read({ after: 0, limit: 9 })
    t.strictSame(
      named.map(({ event }) => event),
      ['call', 'call', 'messages.upsert', 'messages.upsert', 'messages.upsert']
    )
  }
})
