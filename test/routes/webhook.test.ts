import t from 'tap'
import { API_KEY, build } from '../support/build.ts'

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
