import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import * as errors from '../../lib/errors.ts'
import { HUB_NAMES } from '../../lib/hubs/hub.ts'
import { codesOf } from '../../lib/schemas/error-replies.ts'
import { API_KEY, bare, build } from '../support/build.ts'

interface Media {
  schema: Record<string, unknown>
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

interface Operation {
  operationId?: string
  summary?: string
  description?: string
  tags?: string[]
  security?: Record<string, []>[]
  parameters?: { name: string; in: string; example?: unknown }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { description: string; headers?: object; content: Record<string, Media> }>
}

interface OpenApi {
  openapi: string
  info: { description: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

async function describe(t: Test) {
  const eventLog = { events: { hubs: HUB_NAMES } }
  const server = await build(t, { docs: true, eventLog, sqs: { region: 'us-east-1' } })
  const document = (await server.inject('/docs/json')).json<OpenApi>()
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method as 'get' | 'post' | 'put' | 'delete',
      path,
      operation
    }))
  )
  return { server, document, operations }
}

/** The examples of a body, and its schema. */
function examplesOf(content: Record<string, Media>): { schema: object; examples: unknown[] }[] {
  return Object.values(content).map(({ schema, example, examples }) => ({
    schema,
    examples: examples ? Object.values(examples).map(({ value }) => value) : example === undefined ? [] : [example]
  }))
}

t.test('the document is valid OpenAPI 3.1, and has a page', async (t) => {
  const { server, document } = await describe(t)
  const validator = new Validator()
  const { valid, errors: faults } = await validator.validate({ ...document })
  t.ok(valid, JSON.stringify(faults))
  t.equal(validator.version, '3.1')
  const page = await server.inject('/docs')
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-type'], /html/)
  t.notOk(JSON.stringify(document).includes(API_KEY))
})

t.test('the document has every route but the pages', async (t) => {
  const { operations } = await describe(t)
  const served: string[] = []
  const plain = bare(t)
  plain.addHook('onRoute', ({ method, url }) => {
    if (method !== 'HEAD' && !['/socket.io/', '/webhook/evolution/*'].includes(url))
      served.push(`${String(method)} ${url.replace(/:(\w+)/g, '{$1}')}`)
  })
  const options = { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: { region: 'x' } }
  await plain.register(app, { ...options, docs: false, console: false })
  t.same(operations.map(({ name }) => name).sort(), served.sort())
})

t.test(
  'every operation has an id, a summary, a description, a tag, its keys, and an example for each path parameter',
  async (t) => {
    const { operations } = await describe(t)
    const ids = operations.map(({ operation }) => operation.operationId)
    t.equal(new Set(ids).size, ids.length, 'no two have the same id')
    const incomplete = operations.filter(
      ({ operation: { operationId = '', summary, description, tags, security, parameters = [] } }) =>
        !/^[a-z][A-Za-z]+$/.test(operationId) ||
        !summary ||
        !description ||
        tags?.length !== 1 ||
        !Array.isArray(security) ||
        parameters.some((parameter) => parameter.in === 'path' && !parameter.example)
    )
    t.same(incomplete, [])
  }
)

t.test('every body has an example, and all examples fit their schemas', async (t) => {
  const { operations, document } = await describe(t)
  const { components } = document
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const bodies = operations.flatMap(({ name, operation: { requestBody, responses } }) =>
    [
      ...(requestBody ? [['request', requestBody.content] as const] : []),
      ...Object.entries(responses).map(([status, { content }]) => [status, content] as const)
    ].flatMap(([of, content]) => examplesOf(content).map((body) => ({ name, of, ...body })))
  )
  t.ok(bodies.length > 100)
  t.same(
    bodies.filter(({ examples }) => examples.length === 0),
    []
  )
  const unfit = bodies.flatMap(({ name, of, schema, examples }) => {
    const fits = ajv.compile({ ...schema, components })
    return examples.filter((example) => !fits(example)).map((example) => ({ name, of, example }))
  })
  t.same(unfit, [])
})

t.test('each route accepts the keys that the document names and no others', async (t) => {
  const { server, operations } = await describe(t)
  const { instances } = server.eventLog
  const found: object[] = []
  for (const { name, method, path, operation } of operations) {
    // One of the routes deletes it.
    if (!instances.get('sales')) await instances.create({ name: 'sales', token: 'token-of-sales' })
    const url = path.replace('{instance}', 'sales').replace('{event}', 'call')
    const accepts = async (headers: Record<string, string>, query = '') =>
      (await server.inject({ method, url: url + query, headers })).statusCode !== 401
    found.push({
      name,
      noKey: await accepts({}),
      token: await accepts({ apikey: 'token-of-sales' }),
      keyInQuery: await accepts({}, `?apikey=${API_KEY}`),
      describes401: '401' in operation.responses
    })
  }
  const documented = operations.map(({ name, operation: { security = [], description = '' } }) => {
    const open = security.length === 0
    return {
      name,
      noKey: open,
      token: open || description.includes('token'),
      keyInQuery: open || security.some((scheme) => 'instanceEventsKeyInQuery' in scheme),
      describes401: !open
    }
  })
  t.strictSame(found, documented)
})

t.test('every error response lists the codes that it can have', async (t) => {
  const { operations } = await describe(t)
  const refusals = operations.flatMap(({ name, operation }) =>
    Object.entries(operation.responses)
      .filter(([status]) => Number(status) >= 400 && name !== 'GET /ready')
      .map(([status, { description, headers = {}, content }]) => {
        const { schema, example } = content['application/json'] as Media
        const codes = (schema as { properties: { code: { enum: string[] } } }).properties.code.enum
        return { name, status, description, headers, codes, example: (example as { code: string }).code }
      })
  )
  t.strictSame(
    refusals.map(({ name, status, codes }) => ({ name, status, codes })),
    refusals.map(({ name, status }) => ({ name, status, codes: codesOf(Number(status)) }))
  )
  const wrong = refusals.filter(
    ({ status, description, headers, codes, example }) =>
      !codes.includes(example) ||
      codes.some((code) => !description.includes(code)) ||
      (status === '503' && !('retry-after' in headers))
  )
  t.same(wrong, [])
  const answered = Object.entries(errors).flatMap(([name, value]) => {
    if (!name.endsWith('Error')) return []
    const { code, statusCode } = new (value as unknown as new () => { code: string; statusCode: number })()
    return statusCode === 500 ? [] : [code]
  })
  const listed = new Set(refusals.flatMap(({ codes }) => codes))
  t.same([...listed].sort(), [...answered, 'IEV_INTERNAL'].sort(), 'all codes are listed')
})

t.test('under a prefix, the document links to the page of queues and sockets', async (t) => {
  const prefixed = Fastify()
  t.after(() => prefixed.close())
  await prefixed.register(app, { apiKey: API_KEY, prefix: '/hub', eventLog: { url: ':memory:' }, sqs: false })
  t.match((await prefixed.inject('/hub/docs/json')).json<OpenApi>().info.description, '(/hub/docs/asyncapi)')
})

t.test('a host that has registered @fastify/swagger keeps its own document', async (t) => {
  const { default: swagger } = await import('@fastify/swagger')
  const server = bare(t)
  await server.register(swagger, { openapi: { info: { title: 'The host', version: '1' } } })
  await server.register(app, { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: false })
  await server.ready()
  t.match(server.swagger(), { info: { title: 'The host' }, paths: { '/events/{instance}': {} } })
  t.equal((await server.inject('/docs/json')).statusCode, 404)
  t.equal((await server.inject('/docs/asyncapi.json')).statusCode, 200, 'queues and sockets have their own document')
  t.notMatch((await server.inject('/docs/asyncapi')).body, 'HTTP API')
})
