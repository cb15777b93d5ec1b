import t from 'tap'
import { backends } from '../support/backends.ts'
import { API_KEY, build } from '../support/build.ts'
import { UNREACHABLE_SQS } from '../support/sqs.ts'

const headers = { apikey: API_KEY }

t.test('the reply to an event has its id and offset; a repeated event gets the first offset', async (t) => {
  const server = await build(t, { sqs: false })
  const send = async (payload: object) => server.inject({ method: 'POST', url: '/events/mine', headers, payload })
  const first = await send({ event: 'MESSAGES_UPSERT', data: { a: 1 }, id: 'one' })
  t.equal(first.statusCode, 202)
  t.same(first.json(), { id: 'one', offset: 1, duplicate: false })
  t.same((await send({ event: 'call', data: 'another', id: 'one' })).json(), { id: 'one', offset: 1, duplicate: true })
  t.match((await send({ event: 'call', data: null })).json(), {
    id: /^[0-9a-f]{8}-[0-9a-f]{4}-7/,
    duplicate: false
  })
})

t.test('the log is read in pages, oldest first, filtered by event', async (t) => {
  const server = await build(t, { sqs: false })
  const events = Array.from({ length: 25 }, (_, n) => ({ event: n % 5 === 0 ? 'call' : 'presence.update', data: n }))
  await server.inject({ method: 'POST', url: '/events/mine', headers, payload: events })
  await server.onInstanceEvent({ instance: 'other', event: 'call', data: 'not yours' })
  interface Page {
    events: { data: unknown; offset: number }[]
    after: number
    more: boolean
  }
  const read = async (query: string) => {
    const reply = await server.inject({ url: `/events/mine${query}`, headers })
    t.match(reply.headers['content-type'], /^application\/json/)
    return reply.json<Page>()
  }

  const seen: unknown[] = []
  let page: Page = { events: [], after: 0, more: true }
  while (page.more) {
    page = await read(`?limit=10&after=${page.after}`)
    seen.push(...page.events.map(({ data }) => data))
  }
  t.same(
    seen,
    events.map(({ data }) => data)
  )
  t.match(await read('?limit=25'), { after: 25, more: false })
  t.match(await read(`?after=25`), { events: [], after: 25, more: false, complete: true })
  const calls = await read('?events=CALL,%20labels.edit&limit=3')
  t.same(
    calls.events.map(({ data }) => data),
    [0, 5, 10]
  )
  t.equal(calls.more, true)
})

t.test('the log is read newest first, of one instance and of all', async (t) => {
  const server = await build(t, { sqs: false })
  for (const [data, instance] of ['mine', 'other', 'mine', 'other', 'mine'].entries())
    await server.onInstanceEvent({ instance, event: data === 4 ? 'call' : 'presence.update', data })
  interface Page {
    events: { data: number }[]
    before: number
    more: boolean
    log: string
    complete?: boolean
  }
  const read = async (url: string) => {
    const { events, log: _log, complete: _complete, ...rest } = (await server.inject({ url, headers })).json<Page>()
    return { data: events.map(({ data }) => data), ...rest }
  }

  t.same(await read('/events?before=latest&limit=2'), { data: [4, 3], before: 4, more: true })
  t.same(await read('/events?before=4&limit=3'), { data: [2, 1, 0], before: 1, more: false })
  t.same(await read('/events/mine?before=latest&limit=2'), { data: [4, 2], before: 3, more: true })
  t.same(await read('/events/mine?before=3'), { data: [0], before: 1, more: false })
  t.same(await read('/events?before=latest&events=CALL'), { data: [4], before: 5, more: false })
  t.same(await read('/events?limit=2'), { data: [0, 1], after: 2, more: true })

  const both = await server.inject({ url: '/events?before=4&after=1', headers })
  t.equal(both.statusCode, 400)
  t.match(both.json(), { response: { message: [/after and querystring\.before cannot be used together/] } })
  for (const before of ['0', '-1', 'soon', '1e3', ''])
    t.equal((await server.inject({ url: `/events?before=${before}`, headers })).statusCode, 400, before)
})

t.test('an event in the log has every member of a message, followed by its extras', async (t) => {
  const server = await build(t, { sqs: false, eventLog: { serverUrl: 'https://hub.example', exposeApiKey: true } })
  const payload = {
    event: 'messages.set',
    data: [1],
    id: 'x',
    sender: '5511912345678@s.whatsapp.net',
    dateTime: '2026-01-31T09:00:00-03:00',
    apikey: 'theirs',
    extra: { isLatest: false, progress: 42 }
  }
  await server.inject({ method: 'POST', url: '/events/mine', headers, payload })
  const { events } = (await server.inject({ url: '/events/mine', headers })).json<{ events: object[] }>()
  t.equal(
    JSON.stringify(events[0]),
    '{"event":"messages.set","instance":"mine","data":[1],"server_url":"https://hub.example",' +
      '"date_time":"2026-01-31T12:00:00.000Z","sender":"5511912345678@s.whatsapp.net","apikey":"theirs","id":"x",' +
      '"offset":1,"isLatest":false,"progress":42}'
  )
})

t.test('a sender, serverUrl or apikey of more than 2,048 characters is refused', async (t) => {
  const server = await build(t, { sqs: false, eventLog: { exposeApiKey: true } })
  const post = (length: number) => {
    const text = 'x'.repeat(length)
    const payload = { event: 'call', data: 1, sender: text, serverUrl: text, apikey: text }
    return server.inject({ method: 'POST', url: '/events/mine', headers, payload })
  }
  t.equal((await post(2_048)).statusCode, 202)
  const refused = await post(2_049)
  t.equal(refused.statusCode, 400)
  t.same(
    refused.json<{ response: { message: string[] } }>().response.message.sort(),
    ['apikey', 'sender', 'serverUrl'].map((field) => `body.${field} must NOT have more than 2048 characters`)
  )
})

t.test('an array is accepted whole or not at all', async (t) => {
  const server = await build(t, { sqs: false })
  const good = { event: 'call', data: 1 }
  const bad = await server.inject({
    method: 'POST',
    url: '/events/mine',
    headers,
    payload: [good, { event: 'nope', data: 1 }]
  })
  t.equal(bad.statusCode, 400)
  const reply = await server.inject({
    method: 'POST',
    url: '/events/mine',
    headers,
    payload: Array.from({ length: 1_000 }, () => good)
  })
  t.equal(reply.statusCode, 202)
  t.match(reply.json<{ offset: number }[]>().at(-1), { offset: 1_000 })
})

t.test('a log that is over its limits replies 503 with retry-after', async (t) => {
  const server = await build(t, {
    eventLog: { maxPendingDeliveries: 2 },
    sqs: {
      ...UNREACHABLE_SQS,
      global: { events: ['CALL'] }
    }
  })
  const send = () =>
    server.inject({ method: 'POST', url: '/events/mine', headers, payload: { event: 'call', data: 1 } })
  t.equal((await send()).statusCode, 202)
  t.equal((await send()).statusCode, 202)
  const reply = await send()
  t.equal(reply.statusCode, 503)
  t.equal(reply.headers['retry-after'], '1')
  t.match(reply.json(), { code: 'IEV_BACKPRESSURE', response: { message: [/limit is 2/] } })
})

for (const { name, start } of await backends(t)) {
  t.test(`${name}: an instance with its share of what may be pending gets 503, others are accepted`, async (t) => {
    const server = await build(t, {
      eventLog: { url: await start(t), maxPendingDeliveries: 20 },
      sqs: {
        ...UNREACHABLE_SQS,
        global: { events: ['CALL'] }
      }
    })
    const send = (instance: string, count: number) =>
      server.inject({
        method: 'POST',
        url: `/events/${instance}`,
        headers,
        payload: Array.from({ length: count }, () => ({ event: 'call', data: 1 }))
      })
    t.equal((await send('quiet', 1)).statusCode, 202)
    t.equal((await send('greedy', 10)).statusCode, 202)
    const reply = await send('greedy', 1)
    t.equal(reply.statusCode, 503)
    t.equal(reply.headers['retry-after'], '1')
    t.match(reply.json(), {
      code: 'IEV_BACKPRESSURE',
      response: { message: [/the "greedy" instance has used its share of pending deliveries to SQS \(10, .* is 20\)/] }
    })
    t.equal((await send('quiet', 9)).statusCode, 202)
    const { faults } = (await server.inject({ url: '/overview', headers })).json<{ faults: { message: string }[] }>()
    t.match(faults.map(({ message }) => message).join(), /Recently refused: 1 events\. .*"greedy"/)
  })
}

t.test('a webhook by events names the event in its URL; its other members become extras', async (t) => {
  const server = await build(t, { sqs: false })
  const payload = {
    instance: 'mine',
    data: { a: 1 },
    sender: { odd: true },
    server_url: 7,
    destination: 'x',
    isLatest: true,
    offset: 9,
    apikey: 'theirs'
  }
  for (const url of ['messages-upsert', 'MESSAGES_UPSERT', 'messages.upsert']) {
    const reply = await server.inject({ method: 'POST', url: `/webhook/evolution/${url}`, headers, payload })
    t.equal(reply.statusCode, 202, url)
  }
  const { events } = (await server.inject({ url: '/events/mine?limit=1', headers })).json<{
    events: Record<string, unknown>[]
  }>()
  t.match(events[0], {
    event: 'messages.upsert',
    data: { a: 1 },
    sender: null,
    server_url: '',
    isLatest: true,
    offset: 1
  })
  t.notOk('destination' in (events[0] ?? {}) || 'apikey' in (events[0] ?? {}))
})
