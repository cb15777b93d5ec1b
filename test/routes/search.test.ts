import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import { backends } from '../support/backends.ts'
import { API_KEY, build } from '../support/build.ts'

interface Page {
  events: { data: unknown; id: string; offset: number }[]
  after?: number
  before?: number
  more: boolean
  complete?: boolean
  examined?: number
  total?: number
}

async function start(t: Test, options: Partial<AppOptions> = {}) {
  const server = await build(t, { sqs: false, ...options })
  await server.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  const get = async (url: string, apikey = API_KEY) => {
    const reply = await server.inject({ url, headers: { apikey } })
    return { status: reply.statusCode, body: reply.json<Page & { response: { message: string[] } }>() }
  }
  const post = (instance: string, payload: object) =>
    server.inject({ method: 'POST', url: `/events/${instance}`, headers: { apikey: API_KEY }, payload })
  return { server, get, post }
}

for (const backend of await backends(t)) {
  t.test(`${backend.name}: GET /events?search= finds a text, and says how much it has looked through`, async (t) => {
    const { get, post } = await start(t, { eventLog: { url: await backend.start(t) } })
    await post('sales', { event: 'call', data: { text: 'Olá "Zé" 🎉\nfim' }, id: 'one' })
    await post('other', { event: 'call', data: { text: 'OLÁ' }, id: 'two' })
    await post('sales', { event: 'messages.upsert', data: { key: { id: '3EB0ABC' } }, sender: '5511@s.whatsapp.net' })
    const search = (text: string, rest = '&before=latest', path = '/events') =>
      get(`${path}?search=${encodeURIComponent(text)}${rest}`)
    const found = async (...args: Parameters<typeof search>) =>
      (await search(...args)).body.events.map(({ offset }) => offset)

    t.strictSame(await found('olá'), [2, 1])
    t.strictSame(await found('"zé" 🎉\nFIM'), [1])
    t.strictSame(await found('3eb0abc'), [3], 'the id of a message')
    t.strictSame(await found('5511@s.whatsapp.net'), [3], 'a JID')
    t.strictSame(await found('olá', ''), [1, 2], 'oldest first')
    t.strictSame(await found('olá', '', '/events/sales'), [1])
    t.strictSame(await found('olá', '&before=latest&events=CALL&filter={"text":["OL%C3%81"]}'), [2])
    t.match((await search('olá')).body, { before: 1, more: false, examined: 3, total: 3 })
    const last = (await search('nowhere', '')).body
    t.match(last, { events: [], after: 3, more: false, complete: true, examined: 3, total: 3 })
    const id = (await search('3eb0')).body.events[0]?.id as string
    t.match((await search(id, '&before=latest&limit=1', '/events/sales')).body, { events: [{ offset: 3 }], more: true })
    t.match((await search('one', '&before=latest', '/events/sales')).body, { events: [{ id: 'one' }], examined: 0 })
    t.notOk('examined' in (await get('/events')).body)
  })

  t.test(`${backend.name}: a token searches its own instance only`, async (t) => {
    const { get, post } = await start(t, { eventLog: { url: await backend.start(t) } })
    await post('sales', { event: 'call', data: 'mine', id: 'same' })
    await post('other', { event: 'call', data: 'theirs', id: 'same' })
    t.match(await get('/events?search=theirs', 'token-of-sales'), { status: 401 })
    t.match(await get('/events/other?search=theirs', 'token-of-sales'), { status: 401 })
    t.strictSame((await get('/events/sales?search=theirs', 'token-of-sales')).body.events, [])
    t.match((await get('/events/sales?search=same&before=latest', 'token-of-sales')).body.events, [{ data: 'mine' }])
  })

  t.test(`${backend.name}: GET /events?at= begins with the first event from a time on`, async (t) => {
    const { get, post } = await start(t, { eventLog: { url: await backend.start(t) } })
    const before = new Date().toISOString()
    for (const n of [1, 2, 3]) await post(n === 2 ? 'other' : 'sales', { event: 'call', data: `nr ${n}` })
    const data = async (query: string) => (await get(query)).body.events.map(({ data }) => data)
    t.strictSame(await data(`/events?at=${before}`), ['nr 1', 'nr 2', 'nr 3'])
    t.strictSame(await data(`/events/sales?at=${before.slice(0, 10)}&limit=1`), ['nr 1'])
    const later = new Date(Date.now() + 3_600_000).toISOString()
    t.match((await get(`/events?at=${later}`)).body, { events: [], after: 3, more: false, complete: true })
    t.match((await get(`/events?at=${before}&search=NR%203`)).body, { events: [{ data: 'nr 3' }], examined: 3 })
    t.strictSame(await data('/events?at=2020-01-01T00:00:00-03:00&limit=2'), ['nr 1', 'nr 2'])
  })
}

t.test('a wrong search or time is refused with the name of the field', async (t) => {
  const { get } = await start(t)
  const refused = async (query: string) => {
    const { status, body } = await get(`/events?${query}`)
    return [status, ...body.response.message]
  }
  t.match(await refused('search='), [400, /^querystring\.search must NOT have fewer than 1 char/])
  t.match(await refused(`search=${'x'.repeat(201)}`), [400, /^querystring\.search must NOT have more than 200 char/])
  t.match(await refused('search=a&search=b'), [400, /^querystring\.search must be string/])
  t.strictSame(await refused('search=a&wait=5'), [
    400,
    'querystring.wait and querystring.search cannot be used together: send only one of them'
  ])
  t.match(await refused('search=a&before=3&after=2'), [
    400,
    /^querystring\.after and querystring\.before cannot be used together/
  ])
  for (const at of ['yesterday', '2026-02-30T00:00:00Z', '', '1700000000'])
    t.match(await refused(`at=${at}`), [
      400,
      `querystring.at must be a time in ISO 8601, such as 2026-01-31T12:00:00Z (got "${at}")`
    ])
  t.match(await refused('at=2026-01-31&after=1'), [400, /\.at and querystring\.after cannot be used together/])
  t.match(await refused('at=2026-01-31&before=1'), [400, /\.at and querystring\.before cannot be used together/])
})
