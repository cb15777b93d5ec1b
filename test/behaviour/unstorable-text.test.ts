import type { InjectOptions } from 'fastify'
import t from 'tap'
import { backends } from '../support/backends.ts'
import { API_KEY, build } from '../support/build.ts'

const headers = { apikey: API_KEY, 'content-type': 'application/json' }
const NUL = '\\u0000'
const HALF = '\\ud83d'

/** Requests with text that a database refuses or replaces, and numbers that are too large for it. */
const REQUESTS: readonly [InjectOptions, message: RegExp][] = [
  ...[NUL, HALF, '\\n', '\\ufffe'].flatMap((text): [InjectOptions, RegExp][] => [
    [{ url: '/instance/create', payload: `{"instanceName":"q","integration":"a${text}b"}` }, /^integration must not/],
    [{ url: '/instance/create', payload: `{"instanceName":"a${text}b"}` }, /^instance must not/],
    [{ url: '/webhook/evolution', payload: `{"instance":"a${text}b","event":"call"}` }, /^instance must not/],
    [{ url: '/events/q', payload: `{"event":"call","data":1,"id":"a${text}b"}` }, /^id must not/],
    [{ url: '/sqs/deadletters/redrive', payload: `{"queue":"a${text}b"}` }, /^queue must not/],
    [{ url: '/sqs/deadletters/redrive', payload: `{"reason":"a${text}b"}` }, /^reason must not/]
  ]),
  [{ method: 'GET', url: '/sqs/deadletters?instance=a%00b' }, /^instance must not/],
  [{ method: 'GET', url: '/sqs/deadletters?queue=a%00b' }, /^queue must not/],
  [{ method: 'DELETE', url: '/sqs/deadletters?reason=a%00b' }, /^reason must not/],
  [{ url: '/sqs/set/a%00b', payload: '{"enabled":true}' }, /^instance must not/],
  [{ url: '/websocket/set/a%00b', payload: '{"enabled":true}' }, /^instance must not/],
  [{ url: '/events/a%00b', payload: '{"event":"call","data":1}' }, /^instance must not/],
  [{ url: '/events/q', payload: `{"event":"call${NUL}","data":1}` }, /is not a known event/],
  [{ method: 'GET', url: '/events?events=call%00' }, /is not a known event/],
  [{ method: 'GET', url: '/events?after=1&log=a%00b' }, /^querystring\.log must match pattern/],
  [{ method: 'GET', url: '/events/q?after=1&log=a%00b' }, /^querystring\.log must match pattern/],
  [{ method: 'GET', url: '/events/q?after=1&wait=1&log=a%00b' }, /^querystring\.log must match pattern/],
  [{ method: 'GET', url: '/events/q?at=a%00b' }, /^querystring\.at must be/],
  [
    { url: '/events/q/erase', payload: `{"ids":["a","a${NUL}b"]}` },
    /^body\.ids\.1 must not contain control characters/
  ],
  [{ url: '/events/q/erase', payload: `{"jid":"a${NUL}b"}` }, /^body\.jid must be a WhatsApp JID/],
  [{ url: '/instance/create', payload: `{"instanceName":"q","token":"12345678${NUL}"}` }, /^(body\.)?token must/],
  [
    { method: 'GET', url: '/sqs/deadletters?after=9007199254740992' },
    /^querystring\.after must be <= 9007199254740991/
  ],
  [{ method: 'GET', url: '/events?after=9007199254740992' }, /^querystring\.after must be <= 9007199254740991/],
  [{ url: '/sqs/deadletters/redrive', payload: '{"ids":[1e300]}' }, /^body\.ids\.0 must be <= 9007199254740991/]
]

/** Requests for instances and dead letters that cannot exist. */
const ABSENT: readonly InjectOptions[] = [
  { method: 'GET', url: '/events/a%00b' },
  { method: 'GET', url: '/events/a%00b?search=a&before=latest' },
  { method: 'GET', url: '/events/a%00b/outcome?offset=1' },
  { url: '/events/a%00b/erase', payload: '{"ids":["x"]}' },
  { url: '/events/a%00b/erase', payload: '{"jid":"5511999999999@s.whatsapp.net"}' },
  { method: 'GET', url: '/instance/backlog/a%00b' },
  { method: 'GET', url: '/instance/connectionState/a%00b' },
  { method: 'PUT', url: '/instance/limits/a%00b', payload: '{"sockets":1}' },
  { method: 'GET', url: '/instance/fetchInstances?instanceId=a%00b' },
  { method: 'GET', url: '/sqs/find/a%00b' },
  { method: 'GET', url: '/sqs/queues/a%00b' },
  { method: 'GET', url: '/instance/fetchInstances?instanceName=a%00b' },
  { method: 'DELETE', url: '/instance/delete/a%00b' },
  { method: 'PUT', url: '/instance/token/a%00b', payload: '{}' },
  { method: 'DELETE', url: '/sqs/deadletters?ids=9999999999999999' }
]

for (const backend of await backends(t)) {
  t.test(`${backend.name}: text and numbers that it cannot store are refused by the name of their field`, async (t) => {
    const server = await build(t, { eventLog: { url: await backend.start(t) } })
    const ask = async (requests: readonly InjectOptions[]) => {
      const replies: object[] = []
      for (const request of requests)
        replies.push({ request, ...(await server.inject({ method: 'POST', headers, ...request })).json<object>() })
      return replies
    }
    t.match(
      await ask(REQUESTS.map(([request]) => request)),
      REQUESTS.map(([request, message]) => ({ request, status: 400, response: { message: [message] } }))
    )
    t.match(
      await ask(ABSENT),
      ABSENT.map((request) => ({ request, status: 404 }))
    )
    t.equal(server.eventLog.instances.size, 0)
  })

  t.test(`${backend.name}: a text that no name and no id contains is searched for all the same`, async (t) => {
    const server = await build(t, { eventLog: { url: await backend.start(t) }, sqs: false })
    await server.inject({ method: 'POST', url: '/events/q', headers, payload: '{"event":"call","data":"a\\u0000b"}' })
    const found = async (url: string) => (await server.inject({ url, headers })).json<object>()
    t.match(await found('/events/q?before=latest&search=a%00b'), { events: [{ instance: 'q' }] })
    t.match(await found('/events?before=latest&search=a%00b'), { events: [{ instance: 'q' }] })
    t.match(await found('/instance/fetchInstances?search=a%00b'), [])
  })

  t.test(
    `${backend.name}: any text in the data, the sender, the server’s URL and further fields is stored unchanged`,
    async (t) => {
      const server = await build(t, { eventLog: { url: await backend.start(t) }, sqs: false })
      const odd = `"a${NUL}b${HALF}\\ufffe\\uffff"`
      const payload = `{"event":"call","data":{${odd}:${odd}},"sender":${odd},"serverUrl":${odd},"extra":{${odd}:${odd}}}`
      await server.inject({ method: 'POST', url: '/events/q', headers, payload })
      const { events } = (await server.inject({ url: '/events/q', headers })).json<{ events: unknown[] }>()
      const text = JSON.parse(odd) as string
      t.match(events, [{ data: { [text]: text }, sender: text, server_url: text, [text]: text }])
    }
  )
}
