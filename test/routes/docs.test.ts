import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import * as errors from '../../lib/errors.ts'
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
}

async function describe(t: Test) {
  const server = await build(t, { docs: true, sqs: { region: 'us-east-1' } })
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

t.test('every route that there is is in it, but for pages', async (t) => {
  const { operations } = await describe(t)
  const served: string[] = []
  const plain = bare(t)
  plain.addHook('onRoute', ({ method, url }) => {
    if (method !== 'HEAD' && url !== '/socket.io/') served.push(`${String(method)} ${url.replace(/:(\w+)/g, '{$1}')}`)
  })
  const options = { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: { region: 'x' } }
  await plain.register(app, { ...options, docs: false, console: false })
  t.same(operations.map(({ name }) => name).sort(), served.sort())
})

t.test('every route says what it does, by whose key, and gives examples that fit', async (t) => {
  const { operations } = await describe(t)
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const ids = operations.map(({ operation }) => operation.operationId)
  t.equal(new Set(ids).size, ids.length, 'no two have the same id')
  for (const { name, operation } of operations) {
    const { operationId, summary, description, tags, security, parameters = [], requestBody, responses } = operation
    t.match(operationId, /^[a-z][A-Za-z]+$/, `${name} has an id`)
    t.ok(summary, `${name} has a summary`)
    t.ok(description, `${name} says which key`)
    t.equal(tags?.length, 1, `${name} has a tag`)
    t.ok(Array.isArray(security), `${name} says its security`)
    for (const parameter of parameters) {
      if (parameter.in === 'path') t.ok(parameter.example, `${name}: ${parameter.name} has an example`)
    }
    const bodies = [
      ...(requestBody ? [['request', requestBody.content] as const] : []),
      ...Object.entries(responses).map(([status, { content }]) => [status, content] as const)
    ]
    for (const [what, content] of bodies) {
      for (const { schema, examples } of examplesOf(content)) {
        t.ok(examples.length > 0, `${name}: ${what} has an example`)
        const check = ajv.compile(schema)
        for (const example of examples) {
          check(example)
          t.same(check.errors, null, `${name}: ${what}`)
        }
      }
    }
  }
})

t.test('the keys that open a route are those that the document names', async (t) => {
  const { server, operations } = await describe(t)
  await server.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  for (const { name, method, path, operation } of operations) {
    const url = path.replace('{instance}', 'sales').replace('{event}', 'call')
    const tried = async (headers: Record<string, string>) => (await server.inject({ method, url, headers })).statusCode
    const open = operation.security?.length === 0
    t.equal((await tried({})) !== 401, open, `${name} without a key`)
    const byToken = open || /token/.test(operation.description ?? '')
    t.equal((await tried({ apikey: 'token-of-sales' })) !== 401, byToken, `${name} by a token`)
    const inQuery = await server.inject({ method, url: `${url}?apikey=${API_KEY}` })
    const queryNamed = operation.security?.some((scheme) => 'instanceEventsKeyInQuery' in scheme) ?? false
    t.equal(inQuery.statusCode !== 401, open || queryNamed, `${name} by the query`)
    t.equal('401' in operation.responses, !open, `${name}: 401 is described`)
  }
})

t.test('each error answer lists the codes that it may have', async (t) => {
  const { operations } = await describe(t)
  const listed = new Set<string>()
  for (const { name, operation } of operations) {
    for (const [status, { description, content, headers }] of Object.entries(operation.responses)) {
      if (Number(status) < 400 || name === 'GET /ready') continue
      const { schema, example } = content['application/json'] as Media
      const { code } = (schema as { properties: { code: { enum: string[] } } }).properties
      t.same(code.enum, codesOf(Number(status)), `${name} ${status}`)
      t.ok(code.enum.includes((example as { code: string }).code))
      for (const one of code.enum) t.ok(description.includes(listed.add(one) && one))
      if (status === '503') t.hasProp(headers ?? {}, 'retry-after')
    }
  }
  const answered = Object.entries(errors).flatMap(([name, value]) => {
    if (!name.endsWith('Error')) return []
    const { code, statusCode } = new (value as unknown as new () => { code: string; statusCode: number })()
    return statusCode === 500 ? [] : [code]
  })
  t.same([...listed].sort(), [...answered, 'IEV_INTERNAL'].sort(), 'and all are listed')
})

t.test('under a prefix, it leads to the page of queues and sockets', async (t) => {
  const prefixed = Fastify()
  t.after(() => prefixed.close())
  await prefixed.register(app, { apiKey: API_KEY, prefix: '/hub', eventLog: { url: ':memory:' }, sqs: false })
  t.match((await prefixed.inject('/hub/docs/json')).json<OpenApi>().info.description, '(/hub/docs/asyncapi)')
})

t.test('a host that has @fastify/swagger keeps it', async (t) => {
  const { default: swagger } = await import('@fastify/swagger')
  const server = bare(t)
  await server.register(swagger, { openapi: { info: { title: 'The host', version: '1' } } })
  await server.register(app, { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: false })
  await server.ready()
  t.match(server.swagger(), { info: { title: 'The host' }, paths: { '/events/{instance}': {} } })
  t.equal((await server.inject('/docs/json')).statusCode, 404)
  t.equal(
    (await server.inject('/docs/asyncapi.json')).statusCode,
    200,
    'and queues and sockets are described beside it'
  )
  t.notMatch((await server.inject('/docs/asyncapi')).body, 'HTTP API')
})
