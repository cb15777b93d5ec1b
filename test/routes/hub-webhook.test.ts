import { createHmac } from 'node:crypto'
import t from 'tap'
import { evolutionGo } from '../../lib/hubs/evolution-go.ts'
import { waha } from '../../lib/hubs/waha.ts'
import { API_KEY, build } from '../support/build.ts'

const url = '/webhook/waha'
const headers = { apikey: API_KEY, 'content-type': 'application/json' }
const eventLog = { events: { hubs: ['waha'] as const } }
const { example } = waha

/** Status, code and messages of the refusal of a body. */
type Refusal = [status: number, code: string, message: string]

function refusalOf(reply: { statusCode: number; json: () => unknown }): Refusal {
  const { code, response } = reply.json() as { code: string; response: { message: string[] } }
  return [reply.statusCode, code, response.message.join('; ')]
}

t.test('a webhook needs the global key, in a header or in the URL', async (t) => {
  const server = await build(t, { sqs: false, eventLog })
  await server.eventLog.instances.create({ name: 'vendas-sp', token: 'token-of-sales' })
  const status = async (query: string, headers: Record<string, string>) =>
    (await server.inject({ method: 'POST', url: `${url}${query}`, headers, payload: example })).statusCode
  t.strictSame(
    {
      header: await status('', { apikey: API_KEY }),
      bearer: await status('', { authorization: `Bearer ${API_KEY}` }),
      query: await status(`?apikey=${API_KEY}`, {}),
      none: await status('', {}),
      wrong: await status('?apikey=wrong', {}),
      token: await status('', { apikey: 'token-of-sales' })
    },
    { header: 202, bearer: 202, query: 202, none: 401, wrong: 401, token: 401 }
  )
})

t.test('what is no webhook of the hub is refused with the field and the remedy', async (t) => {
  const server = await build(t, {
    sqs: false,
    bodyLimit: 2_000,
    webhookUnknownEvents: 'refuse',
    eventLog: { ...eventLog, autoRegister: false }
  })
  await server.eventLog.instances.create({ name: 'vendas-sp', token: 'token-of-sales' })
  const { id, session, event, timestamp, ...rest } = example
  const bodies: Record<string, unknown> = {
    'without id': { session, event, timestamp, ...rest },
    'an id of 129 characters': { ...example, id: 'x'.repeat(129) },
    'without session': { id, event, timestamp, ...rest },
    'an unknown session': { ...example, session: 'nobody' },
    'without event': { id, session, timestamp, ...rest },
    'an event of another hub': { ...example, event: 'messages.upsert' },
    'without timestamp': { id, session, event, ...rest },
    'a time as text': { ...example, timestamp: '2026-01-31T12:00:00Z' },
    'a time before 1970': { ...example, timestamp: -1 },
    'a time after the year 9999': { ...example, timestamp: 253_402_300_800_000 },
    'an array': [example],
    'a text': 'message',
    'too large': { ...example, payload: 'x'.repeat(2_000) }
  }
  const refusals: Record<string, Refusal> = {}
  for (const [title, body] of Object.entries(bodies))
    refusals[title] = refusalOf(await server.inject({ method: 'POST', url, headers, payload: JSON.stringify(body) }))
  const invalid = (message: string): Refusal => [400, 'IEV_VALIDATION', message]
  t.match(refusals, {
    'without id': invalid('body.id is required'),
    'an id of 129 characters': invalid('body.id must NOT have more than 128 characters'),
    'without session': invalid('body.session is required'),
    'an unknown session': [404, 'IEV_INSTANCE_NOT_FOUND', 'The "nobody" instance does not exist'],
    'without event': invalid('body.event is required'),
    'an event of another hub': [400, 'IEV_EVENT_UNKNOWN', /^event "waha\.messages\.upsert" is not a known event; /],
    'without timestamp': invalid('body.timestamp is required'),
    'a time as text': invalid('body.timestamp must be integer'),
    'a time before 1970': invalid('body.timestamp must be >= 0'),
    'a time after the year 9999': invalid('body.timestamp must be <= 253402300799999'),
    'an array': invalid('body must be object'),
    'a text': invalid('body must be object'),
    'too large': [413, 'IEV_BODY_TOO_LARGE', /the limit of 2000 bytes/]
  })
  t.equal((await server.eventLog.store.log.range()).head, 0, 'nothing was accepted')
})

t.test('a body without payload or account is accepted', async (t) => {
  const server = await build(t, { sqs: false, eventLog })
  const { payload: _payload, me: _me, ...body } = example
  const reply = await server.inject({ method: 'POST', url, headers, payload: body })
  t.match(reply.json(), { id: example.id, offset: 1, duplicate: false })
  const { events } = (await server.inject({ url: '/events/vendas-sp', headers })).json<{ events: unknown[] }>()
  t.match(events, [{ event: 'waha.message', data: null, sender: null }])
})

t.test('an account or key of more than 2,048 characters is left out', async (t) => {
  const hubs = ['waha', 'evolution-go'] as const
  const server = await build(t, { sqs: false, eventLog: { exposeApiKey: true, events: { hubs } } })
  const long = 'x'.repeat(2_049)
  const bodies = {
    waha: { ...example, me: { id: long } },
    'evolution-go': { ...evolutionGo.example, instanceToken: long }
  }
  for (const [hub, payload] of Object.entries(bodies))
    t.equal((await server.inject({ method: 'POST', url: `/webhook/${hub}`, headers, payload })).statusCode, 202, hub)
  const events = await server.eventLog.store.log.read({ after: 0, limit: 10 })
  t.equal(events.length, 2)
  for (const { envelope } of events) t.notMatch(envelope, 'xxx')
})

t.test('with an HMAC key only signed bodies are accepted, and the key is needed as well', async (t) => {
  const hmacKey = 'the-secret-of-waha'
  const server = await build(t, { sqs: false, eventLog, hmacKeys: { waha: hmacKey } })
  const large = JSON.stringify({ ...example, id: 'large', payload: { text: 'ã'.repeat(300_000) } })
  const text = JSON.stringify(example)
  const sign = (body: string) => createHmac('sha512', hmacKey).update(body).digest('hex')
  const send = async (payload: string, hmac: Record<string, string>, key: Record<string, string> = headers) =>
    server.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...key, ...hmac } })
  const signed = (body: string) => ({ 'x-webhook-hmac': sign(body), 'x-webhook-hmac-algorithm': 'sha512' })

  t.match(
    {
      unsigned: refusalOf(await send(text, {})),
      'signed for another body': refusalOf(await send(text, signed(`${text} `))),
      'malformed and unsigned': refusalOf(await send('{', {})),
      'without key': refusalOf(await send(text, signed(text), {}))
    },
    {
      unsigned: [401, 'IEV_SIGNATURE_INVALID', /^The body is not signed: in WAHA, set hmac\.key/],
      'signed for another body': [401, 'IEV_SIGNATURE_INVALID', /^The signature does not match the body/],
      'malformed and unsigned': [401, 'IEV_SIGNATURE_INVALID', /^The body is not signed/],
      'without key': [401, 'IEV_UNAUTHORIZED', /^A key is required/]
    }
  )
  t.equal((await send(text, {})).headers['www-authenticate'], 'Bearer', 'as each answer of 401')
  t.match((await send(text, signed(text))).json(), { offset: 1, duplicate: false })
  t.match((await send(large, signed(large))).json(), { id: 'large', offset: 2 }, 'one that is read in slices')
})

t.test('an event that a newer release of the hub sends is accepted under the name of the hub', async (t) => {
  const server = await build(t, { sqs: false, eventLog })
  const payload = { ...example, event: 'message.pinned' }
  const reply = await server.inject({ method: 'POST', url, headers, payload })
  t.strictSame(reply.json(), { id: example.id, offset: 1, duplicate: false })
  const { events } = (await server.inject({ url: '/events/vendas-sp', headers })).json<{ events: unknown[] }>()
  t.match(events, [{ event: 'waha.message.pinned' }])
})

t.test('what is rejected is listed with its instance and the reason', async (t) => {
  const server = await build(t, {
    sqs: false,
    eventLog,
    hmacKeys: { waha: 'the-secret-of-waha' },
    webhookUnknownEvents: 'refuse'
  })
  await server.eventLog.instances.create({ name: 'vendas-sp', token: 'token-of-sales' })
  const payload = JSON.stringify({ ...example, event: 'message.pinned' })
  const hmac = createHmac('sha512', 'the-secret-of-waha').update(payload).digest('hex')
  const signed = { ...headers, 'x-webhook-hmac': hmac, 'x-webhook-hmac-algorithm': 'sha512' }
  await server.inject({ method: 'POST', url, headers: signed, payload })
  await server.inject({ method: 'POST', url, headers, payload })
  const { rejected } = (await server.inject({ url: '/overview', headers })).json<{ rejected: { code: string }[] }>()
  t.match(
    rejected.toSorted((a, b) => a.code.localeCompare(b.code)),
    [
      {
        code: 'IEV_EVENT_UNKNOWN',
        route: 'POST /webhook/waha',
        instance: 'vendas-sp',
        message: 'This server does not know the event "message.pinned"'
      },
      {
        code: 'IEV_SIGNATURE_INVALID',
        route: 'POST /webhook/waha',
        message: 'The signature of the body is missing or wrong'
      }
    ]
  )
})

t.test('the key of an instance at Evolution GO is in messages only if the server exposes keys', async (t) => {
  const send = async (exposeApiKey: boolean) => {
    const server = await build(t, { sqs: false, eventLog: { events: { hubs: ['evolution-go'] }, exposeApiKey } })
    const { example: payload } = evolutionGo
    await server.inject({ method: 'POST', url: '/webhook/evolution-go', headers, payload })
    const { events } = (await server.inject({ url: '/events', headers })).json<{ events: { apikey?: string }[] }>()
    return events.map(({ apikey }) => apikey)
  }
  t.strictSame([await send(true), await send(false)], [[evolutionGo.example.instanceToken], [undefined]])
})

t.test('without derived ids, each body of a hub without ids is an event', async (t) => {
  const server = await build(t, {
    sqs: false,
    eventLog: { events: { hubs: ['evolution-go'] } },
    webhookDerivedIds: false
  })
  const { instanceToken: _token, ...payload } = evolutionGo.example
  const post = async () =>
    (await server.inject({ method: 'POST', url: '/webhook/evolution-go', headers, payload })).json<object>()
  t.match(
    [await post(), await post()],
    [
      { offset: 1, duplicate: false },
      { offset: 2, duplicate: false }
    ]
  )
})

t.test('a hub that is not among those of the server is answered 404, and is not documented', async (t) => {
  const server = await build(t, { sqs: false, docs: true, eventLog: { events: { hubs: ['evolution-go'] } } })
  const evolution = { event: 'call', instance: 'sales' }
  const replies = [
    await server.inject({ method: 'POST', url: `${url}?apikey=${API_KEY}`, headers, payload: example }),
    await server.inject({ method: 'POST', url: '/webhook/evolution', headers, payload: evolution }),
    await server.inject({ method: 'POST', url: '/webhook/evolution/call', headers, payload: evolution }),
    await server.inject({ method: 'POST', url: '/webhook/evolution//call', headers, payload: evolution })
  ]
  const refusal = (path: string, title: string, name: string): Refusal => [
    404,
    'IEV_NOT_FOUND',
    `There is no route POST ${path}: this server does not accept webhooks of ${title}; add "${name}" to its hubs`
  ]
  t.strictSame(replies.map(refusalOf), [
    refusal('/webhook/waha', 'WAHA', 'waha'),
    refusal('/webhook/evolution', 'Evolution API', 'evolution'),
    refusal('/webhook/evolution/call', 'Evolution API', 'evolution'),
    refusal('/webhook/evolution//call', 'Evolution API', 'evolution')
  ])
  const { paths } = (await server.inject('/docs/json')).json<{ paths: object }>()
  t.strictSame(
    Object.keys(paths).filter((path) => path.startsWith('/webhook')),
    ['/webhook/evolution-go']
  )
})
