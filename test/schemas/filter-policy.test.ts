import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t, { type Test } from 'tap'
import { EventCatalogue } from '../../lib/events/catalogue.ts'
import { checkFilter } from '../../lib/filters/event-filter.ts'
import { API_KEY, build } from '../support/build.ts'

/** Filters, and whether the server accepts them. */
const FILTERS: [filter: unknown, accepted: boolean][] = [
  [{ key: { fromMe: [false], remoteJid: [{ suffix: '@s.whatsapp.net' }] } }, true],
  [{ MESSAGES_UPSERT: { key: { fromMe: [true] } }, CALL: { from: [{ prefix: '55' }] } }, true],
  [{ a: ['text', 1, true, null] }, true],
  [{ a: [{ 'equals-ignore-case': 'Oi' }, { exists: false }] }, true],
  [{ a: [{ 'anything-but': 'x' }, { 'anything-but': 1 }, { 'anything-but': ['x', 1] }] }, true],
  [{ a: [{ 'anything-but': { prefix: 'x' } }, { 'anything-but': { suffix: ['x', 'y'] } }] }, true],
  [{ a: [{ 'anything-but': { 'equals-ignore-case': 'x' } }] }, true],
  [{ a: [{ numeric: ['=', 1] }, { numeric: ['>', 1, '<=', 2.5] }] }, true],
  [{ $or: [{ a: [1] }, { b: { c: ['d'] } }], e: ['f'] }, true],
  [{}, false],
  ['text', false],
  [['text'], false],
  [{ a: 'text' }, false],
  [{ a: [] }, false],
  [{ a: {} }, false],
  [{ a: [['text']] }, false],
  [{ a: [{}] }, false],
  [{ a: [{ contains: 'x' }] }, false],
  [{ a: [{ prefix: 'x', suffix: 'y' }] }, false],
  [{ a: [{ prefix: '' }] }, false],
  [{ a: [{ suffix: 1 }] }, false],
  [{ a: [{ exists: 'true' }] }, false],
  [{ a: [{ 'anything-but': true }] }, false],
  [{ a: [{ 'anything-but': [] }] }, false],
  [{ a: [{ 'anything-but': { numeric: ['=', 1] } }] }, false],
  [{ a: [{ 'anything-but': { prefix: [] } }] }, false],
  [{ a: [{ numeric: ['='] }] }, false],
  [{ a: [{ numeric: ['!=', 1] }] }, false],
  [{ $or: [{ a: [1] }] }, false],
  [{ $or: { a: [1] } }, false]
]

interface Operation {
  parameters?: { name: string; schema: object }[]
  requestBody?: { content: Record<string, { schema: object }> }
}

interface Document {
  components: Record<string, Record<string, Record<string, unknown>>>
  paths: Record<string, Record<string, Operation>>
  operations: Record<string, { bindings: { http: { query: { properties: Record<string, object> } } } }>
}

async function documents(t: Test) {
  const server = await build(t, { docs: true, sqs: { region: 'us-east-1' } })
  const get = async (url: string) => (await server.inject({ url, headers: { apikey: API_KEY } })).json<Document>()
  return { server, openApi: await get('/docs/json'), asyncApi: await get('/docs/asyncapi.json') }
}

function accepts(filter: unknown): boolean {
  try {
    checkFilter(filter, 'filter', new EventCatalogue())
    return true
  } catch {
    return false
  }
}

t.test('OpenAPI and AsyncAPI describe the filters that the server accepts, and no others', async (t) => {
  const { openApi, asyncApi } = await documents(t)
  const body = openApi.paths['/sqs/set/{instance}']?.post?.requestBody?.content['application/json']?.schema
  const ofBody = new Ajv2020({ strict: false }).compile({ ...body, components: openApi.components })
  const ofSockets = new Ajv({ strict: false })
    .addSchema(asyncApi, 'document')
    .compile({ $ref: 'document#/components/messages/websocket.connect/payload' })
  const found = FILTERS.map(([filter]) => ({
    filter,
    server: accepts(filter),
    flat: ofBody({ enabled: true, filter }),
    nested: ofBody({ sqs: { enabled: true, filter } }),
    sockets: ofSockets({ filter })
  }))
  t.strictSame(
    found,
    FILTERS.map(([filter, accepted]) => ({
      filter,
      server: accepted,
      flat: accepted,
      nested: accepted,
      sockets: accepted
    }))
  )
  t.ok(ofBody({ enabled: true, filter: null }) && ofSockets({ filter: null }))
})

t.test('queries that have a filter as text refer to its schema', async (t) => {
  const { openApi, asyncApi } = await documents(t)
  const referring = (text: string, $ref: string) => ({
    type: 'string',
    contentMediaType: 'application/json',
    contentSchema: { $ref: `#/components/schemas/${$ref}` },
    maxLength: 8_192,
    description: text
  })
  const text = 'Only events whose `data` match: a filter policy in the syntax of Amazon SNS, as JSON.'
  const { description, ...inPath } = referring(text, 'InstanceEventsFilterPolicy')
  for (const path of ['/events', '/events/{instance}', '/events/stream', '/events/{instance}/stream']) {
    const { parameters = [] } = openApi.paths[path]?.get ?? {}
    const { schema } = parameters.find(({ name }) => name === 'filter') ?? {}
    t.same(schema, inPath, path)
  }
  for (const id of ['poll.instance', 'stream.instance'])
    t.same(
      asyncApi.operations[`send.${id}`]?.bindings.http.query.properties.filter,
      referring(text, 'FilterPolicy'),
      id
    )
})

t.test('the server says what is wrong with a filter, not the schema', async (t) => {
  const { server } = await documents(t)
  const payload = { enabled: true, filter: { key: { fromMe: false } } }
  const reply = await server.inject({ method: 'POST', url: '/sqs/set/sales', headers: { apikey: API_KEY }, payload })
  t.match(reply.json(), {
    code: 'IEV_FILTER_INVALID',
    response: { message: ['filter.key.fromMe must be a list of conditions, such as ["text"], or an object of members'] }
  })
})
