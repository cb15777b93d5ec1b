import type { InjectOptions } from 'fastify'
import t from 'tap'
import { API_KEY, build } from '../support/build.ts'

const headers = { apikey: API_KEY, 'content-type': 'application/json' }

interface Refusal {
  status: number
  code: string
  message: RegExp | RegExp[]
}

const event = { event: 'call', data: 1 }

/** Requests, and how they must be refused. */
const CASES: [title: string, request: InjectOptions, refusal: Refusal][] = [
  [
    'malformed JSON',
    { url: '/events/a', payload: '{"event":' },
    { status: 400, code: 'IEV_BODY_MALFORMED', message: /not JSON/ }
  ],
  ['an empty body', { url: '/events/a', payload: '' }, { status: 400, code: 'IEV_BODY_MALFORMED', message: /empty/ }],
  [
    'a body that is null',
    { url: '/events/a', payload: 'null' },
    { status: 400, code: 'IEV_VALIDATION', message: /^body must be object/ }
  ],
  [
    'a poisoned body',
    { url: '/events/a', payload: '{"event":"call","data":1,"__proto__":{}}' },
    { status: 400, code: 'IEV_VALIDATION', message: /body\.__proto__ is not a known field/ }
  ],
  [
    'an unknown event',
    { url: '/events/a', payload: { event: 'mesages.upsert', data: 1 } },
    { status: 400, code: 'IEV_EVENT_UNKNOWN', message: /"mesages\.upsert" .* messages\.upsert/ }
  ],
  [
    'an unknown field',
    { url: '/events/a', payload: { ...event, dato: 1 } },
    { status: 400, code: 'IEV_VALIDATION', message: /body\.dato is not a known field/ }
  ],
  [
    'a missing field',
    { url: '/events/a', payload: { event: 'call' } },
    { status: 400, code: 'IEV_VALIDATION', message: /body\.data is required/ }
  ],
  [
    'objects where texts belong, with members of functions’ names',
    { url: '/events/a', payload: { ...event, transports: [{}, { toString: 0 }] } },
    { status: 400, code: 'IEV_VALIDATION', message: [/^body\.transports\.0 must be/, /^body\.transports\.1 must be/] }
  ],
  [
    'wrong types, each named',
    { url: '/events/a', payload: { event: 7, data: 1, transports: ['fax'] } },
    {
      status: 400,
      code: 'IEV_VALIDATION',
      message: [/body\.event must be string/, /body\.transports\.0 must be "sqs" or "websocket"/]
    }
  ],
  [
    'an id that is too long',
    { url: '/events/a', payload: { ...event, id: 'x'.repeat(129) } },
    { status: 400, code: 'IEV_VALIDATION', message: /body\.id .* 128/ }
  ],
  [
    'a time that is none',
    { url: '/events/a', payload: { ...event, dateTime: 'yesterday' } },
    { status: 400, code: 'IEV_EVENT_INVALID', message: /dateTime .*ISO 8601.*yesterday/ }
  ],
  [
    'an extra that replaces a member',
    { url: '/events/a', payload: { ...event, extra: { offset: 1 } } },
    { status: 400, code: 'IEV_EVENT_INVALID', message: /extra\.offset/ }
  ],
  [
    'an array of 1,001',
    { url: '/events/a', payload: Array.from({ length: 1_001 }, () => event) },
    { status: 400, code: 'IEV_EVENT_INVALID', message: /more than 1000 events/ }
  ],
  ['an empty array', { url: '/events/a', payload: [] }, { status: 400, code: 'IEV_VALIDATION', message: /1 items/ }],
  [
    'an array with faults, each placed',
    { url: '/events/a', payload: [event, { event: 'cal', data: 1 }, event, { ...event, dateTime: 'x' }] },
    { status: 400, code: 'IEV_EVENT_UNKNOWN', message: [/^\[1\]: .*"cal"/, /^\[3\]: dateTime/] }
  ],
  [
    'a body of 20 MB',
    { url: '/events/a', payload: JSON.stringify({ event: 'call', data: 'x'.repeat(20_000_000) }) },
    { status: 413, code: 'IEV_BODY_TOO_LARGE', message: /10485760 bytes/ }
  ],
  [
    'another content type',
    { url: '/events/a', payload: '<event/>', headers: { ...headers, 'content-type': 'text/xml' } },
    { status: 415, code: 'IEV_UNSUPPORTED_MEDIA_TYPE', message: /application\/json.*text\/xml/ }
  ],
  [
    'plain text',
    { url: '/events/a', payload: '{}', headers: { ...headers, 'content-type': 'text/plain' } },
    { status: 415, code: 'IEV_UNSUPPORTED_MEDIA_TYPE', message: /text\/plain/ }
  ],

  [
    'an instance name of 300 characters',
    { url: `/events/${'a'.repeat(300)}`, payload: event },
    { status: 400, code: 'IEV_VALIDATION', message: /params\.instance .*100 characters/ }
  ],
  [
    'an instance name with a line break',
    { url: '/events/a%0Ab', payload: event },
    { status: 400, code: 'IEV_INSTANCE_NAME_INVALID', message: /control characters/ }
  ],
  [
    'an instance name that is no name',
    { url: '/instance/create', payload: { instanceName: '..' } },
    { status: 400, code: 'IEV_INSTANCE_NAME_INVALID', message: /"\.\."/ }
  ],

  [
    '{"sqs":{}}',
    { url: '/sqs/set/a', payload: { sqs: {} } },
    { status: 400, code: 'IEV_VALIDATION', message: /^body\.sqs\.enabled is required$/ }
  ],
  [
    '{}',
    { url: '/sqs/set/a', payload: {} },
    { status: 400, code: 'IEV_VALIDATION', message: /^body\.enabled is required$/ }
  ],
  [
    'a flag that is a string',
    { url: '/websocket/set/a', payload: { websocket: { enabled: 'true' } } },
    { status: 400, code: 'IEV_VALIDATION', message: /body\.websocket\.enabled must be boolean/ }
  ],
  [
    'unknown event keys, each with the nearest',
    { url: '/sqs/set/a', payload: { sqs: { enabled: true, events: ['MESSAGE_UPSERT', 'CALL', 'CALLS'] } } },
    {
      status: 400,
      code: 'IEV_EVENT_UNKNOWN',
      message: [/sqs\.events\[0\] "MESSAGE_UPSERT".* MESSAGES_UPSERT/, /sqs\.events\[2\] "CALLS".* CALL/]
    }
  ],
  [
    'an unknown key in create',
    { url: '/instance/create', payload: { instanceName: 'a', websocket: { enabled: true, events: ['X'] } } },
    { status: 400, code: 'IEV_EVENT_UNKNOWN', message: /websocket\.events\[0\]/ }
  ],

  [
    'a webhook without an instance',
    { url: '/webhook/evolution', payload: { event: 'call' } },
    { status: 400, code: 'IEV_VALIDATION', message: /body\.instance is required/ }
  ],
  [
    'a webhook without an event',
    { url: '/webhook/evolution', payload: { instance: 'a' } },
    { status: 400, code: 'IEV_VALIDATION', message: /body\.event is required/ }
  ],
  [
    'a webhook whose URL says otherwise',
    { url: '/webhook/evolution/messages-upsert', payload: { instance: 'a', event: 'call' } },
    { status: 400, code: 'IEV_VALIDATION', message: /"call".*"messages-upsert"/ }
  ],
  [
    'a webhook for an event that no server can know',
    { url: '/webhook/evolution/messages upsert', payload: { instance: 'a' } },
    { status: 400, code: 'IEV_EVENT_INVALID', message: /^event "messages upsert" .* at most 64 letters and digits/ }
  ],

  [
    'a page that is too long',
    { method: 'GET', url: '/events/known?limit=1001' },
    { status: 400, code: 'IEV_VALIDATION', message: /querystring\.limit must be <= 1000/ }
  ],
  [
    'a position that is no number',
    { method: 'GET', url: '/events/known?after=x' },
    { status: 400, code: 'IEV_VALIDATION', message: /querystring\.after/ }
  ],
  [
    'a text that is no decimal number',
    { url: '/events/a?after=0x1&limit=1e3', method: 'GET' },
    {
      status: 400,
      code: 'IEV_VALIDATION',
      message: [/querystring\.after must be integer/, /querystring\.limit must be integer/]
    }
  ],
  [
    'a blank in place of a number',
    { url: '/events?after=%20', method: 'GET' },
    { status: 400, code: 'IEV_VALIDATION', message: /querystring\.after must be integer/ }
  ],
  [
    'an unknown query member of a page',
    { url: '/events/a?evnts=call', method: 'GET' },
    { status: 400, code: 'IEV_VALIDATION', message: /querystring\.evnts is not a known field/ }
  ],
  [
    'an unknown query member of long polling',
    { url: '/events/a?wait=1&foo=1', method: 'GET' },
    { status: 400, code: 'IEV_VALIDATION', message: /querystring\.foo is not a known field/ }
  ],
  [
    'an unknown query member of the log of all',
    { url: '/events?instance=b', method: 'GET' },
    { status: 400, code: 'IEV_VALIDATION', message: /querystring\.instance is not a known field/ }
  ],
  [
    'a filter for an unknown event',
    { method: 'GET', url: '/events/known?events=call,cal' },
    { status: 400, code: 'IEV_EVENT_UNKNOWN', message: /"cal"/ }
  ],
  [
    'reading an instance that is not there',
    { method: 'GET', url: '/events/nobody' },
    { status: 404, code: 'IEV_INSTANCE_NOT_FOUND', message: /The "nobody" instance does not exist/ }
  ],
  [
    'a selection of an instance that is not there',
    { method: 'GET', url: '/sqs/find/nobody' },
    { status: 404, code: 'IEV_INSTANCE_NOT_FOUND', message: /nobody/ }
  ],
  [
    'fetching an instance that is not there',
    { method: 'GET', url: '/instance/fetchInstances?instanceName=nobody' },
    { status: 404, code: 'IEV_INSTANCE_NOT_FOUND', message: /nobody/ }
  ],
  [
    'deleting an instance that is not there',
    { method: 'DELETE', url: '/instance/delete/nobody' },
    { status: 404, code: 'IEV_INSTANCE_NOT_FOUND', message: /nobody/ }
  ],
  [
    'a new token for an instance that is not there',
    { method: 'PUT', url: '/instance/token/nobody', payload: {} },
    { status: 404, code: 'IEV_INSTANCE_NOT_FOUND', message: /nobody/ }
  ],
  [
    'limits below their bounds',
    { method: 'PUT', url: '/instance/limits/known', payload: { eventsPerSecond: -1, sockets: -1 } },
    {
      status: 400,
      code: 'IEV_VALIDATION',
      message: [/^body\.eventsPerSecond must be >= 0$/, /^body\.sockets must be >= 0$/]
    }
  ],
  [
    'a limit above its bound',
    { method: 'PUT', url: '/instance/limits/known', payload: { eventsPerSecond: 1e300 } },
    { status: 400, code: 'IEV_VALIDATION', message: /^body\.eventsPerSecond must be <= 1000000000$/ }
  ],
  [
    'a limit of another type',
    { method: 'PUT', url: '/instance/limits/known', payload: { sockets: '1', bytesPerSecond: 1.5 } },
    {
      status: 400,
      code: 'IEV_VALIDATION',
      message: [/^body\.bytesPerSecond must be integer or null$/, /^body\.sockets must be integer or null$/]
    }
  ],
  [
    'a silence out of its bounds',
    { method: 'PUT', url: '/instance/silence/known', payload: { afterMinutes: -1 } },
    { status: 400, code: 'IEV_VALIDATION', message: /^body\.afterMinutes must be >= 0$/ }
  ],
  [
    'a name that is taken',
    { url: '/instance/create', payload: { instanceName: 'known' } },
    { status: 403, code: 'IEV_INSTANCE_EXISTS', message: /"known" is already in use/ }
  ],
  [
    'a token that is taken',
    { url: '/instance/create', payload: { instanceName: 'b', token: 'token-of-known' } },
    { status: 409, code: 'IEV_TOKEN_TAKEN', message: /token/ }
  ],
  [
    'the global key as a token',
    { url: '/instance/create', payload: { instanceName: 'b', token: API_KEY } },
    { status: 409, code: 'IEV_TOKEN_TAKEN', message: /token/ }
  ],
  [
    'a token that no header can carry',
    { url: '/instance/create', payload: { instanceName: 'b', token: 'a b' } },
    { status: 400, code: 'IEV_VALIDATION', message: /body\.token/ }
  ],
  [
    'filters of dead letters that are too long',
    {
      url: '/sqs/deadletters/redrive',
      payload: { instance: 'x'.repeat(201), queue: 'x'.repeat(201), reason: 'x'.repeat(201) }
    },
    {
      status: 400,
      code: 'IEV_VALIDATION',
      message: [/^body\.instance .* 200/, /^body\.queue .* 200/, /^body\.reason .* 200/]
    }
  ]
]

t.test('bad input gets an error that names the field', async (t) => {
  const server = await build(t)
  await server.eventLog.instances.create({ name: 'known', token: 'token-of-known' })

  const found: object[] = []
  for (const [title, request] of CASES) {
    const reply = await server.inject({ method: 'POST', headers, ...request })
    const body = reply.json<{ response: { message: string[] } }>()
    found.push({ title, statusCode: reply.statusCode, body, faults: body.response.message.length })
  }
  t.match(
    found,
    CASES.map(([title, , { status, code, message }]) => {
      const messages = [message].flat()
      const body = { status, code, error: String, response: { message: messages } }
      return { title, statusCode: status, body, faults: messages.length }
    })
  )
  t.equal((await server.eventLog.store.log.range()).head, 0, 'nothing was accepted')
  t.same(
    server.eventLog.instances
      .list()
      .toArray()
      .map(({ name }) => name),
    ['known'],
    'nothing was registered'
  )
})

t.test('the reply to an internal error does not contain its message', async (t) => {
  const server = await build(t, { sqs: false })
  server.websocket.set = () => Promise.reject(new Error('the inside of the server'))
  const reply = await server.inject({ method: 'POST', url: '/websocket/set/a', headers, payload: { enabled: true } })
  t.equal(reply.statusCode, 500)
  t.match(reply.json(), { status: 500, code: 'IEV_INTERNAL' })
  t.notMatch(reply.body, /inside/)
})
