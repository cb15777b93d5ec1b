import { Ajv } from 'ajv'
import fastJson from 'fast-json-stringify'
import type { FastifySchema } from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import { useCompilers } from '../../routes/compilers.ts'
import { API_KEY, bare } from '../support/build.ts'

t.test('a schema is compiled at the first request of its route', async (t) => {
  const server = bare(t)
  useCompilers(server)
  server.get('/sound', { schema: { response: { 200: { type: 'string' } } } }, async () => 'sound')
  server.get('/reply', { schema: { response: { 200: { type: 'nothing' } } } }, async () => ({}))
  server.get('/query', { schema: { querystring: { type: 'nothing' } } }, async () => ({}))
  await server.ready()
  const replies = ['/sound', '/reply', '/query'].map((url) => server.inject(url))
  t.strictSame(
    (await Promise.all(replies)).map(({ statusCode }) => statusCode),
    [200, 500, 500]
  )
})

/** Returns the schemas of all routes. */
async function schemasOf(t: Test) {
  const server = bare(t)
  const schemas: [string, FastifySchema][] = []
  server.addHook('onRoute', ({ method, url, schema }) => void schemas.push([`${String(method)} ${url}`, schema ?? {}]))
  await server.register(app, { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: { region: 'us-east-1' } })
  await server.ready()
  return schemas
}

t.test('every schema of every route compiles', async (t) => {
  const schemas = await schemasOf(t)
  const ajv = new Ajv({ strict: false })
  const refused = schemas.flatMap(([route, { body, querystring, params, response = {} }]) => {
    const requests = [body, querystring, params].filter((part) => part !== undefined)
    const compiling = [
      ...requests.map((part) => () => ajv.compile(part as object)),
      ...Object.values(response as Record<string, fastJson.Schema>).map((reply) => () => fastJson(reply))
    ]
    return compiling.flatMap((compile) => {
      try {
        compile()
        return []
      } catch (error) {
        return [{ route, error }]
      }
    })
  })
  t.same(refused, [])
  t.ok(schemas.length > 20)
})

t.test('compilers of the host are not used for the routes', async (t) => {
  const server = bare(t)
  server.setValidatorCompiler(() => () => t.fail('the host’s validator was used'))
  server.setSerializerCompiler(() => () => String(t.fail('the host’s serializer was used')))
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  const reply = await server.inject({ url: '/events/sales?limit=x', headers: { apikey: API_KEY } })
  t.match(reply.json(), { status: 400, code: 'IEV_VALIDATION' })
})

t.test('queries are refused if they have unknown members, except those of webhooks, which hubs compose', async (t) => {
  const open = (await schemasOf(t)).flatMap(([route, { querystring }]) => {
    const query = querystring as { additionalProperties?: boolean } | undefined
    return query === undefined || query.additionalProperties === false ? [] : [route]
  })
  t.ok(
    open.every((route) => route.startsWith('POST /webhook/')),
    String(open)
  )
})

t.test('members of queries are read as the schema says, and only decimal numbers and words are', async (t) => {
  const server = bare(t)
  useCompilers(server)
  const properties = { n: { type: 'integer' }, is: { type: 'boolean' }, text: { type: 'string' } }
  server.get('/', { schema: { querystring: { type: 'object', properties } } }, async ({ query }) => query)
  const cases = [
    ['?n=-5&is=true&text=1', '{"n":-5,"is":true,"text":"1"}'],
    ['?n=007&is=false&text=true', '{"n":7,"is":false,"text":"true"}'],
    ['?n=', /integer/],
    ['?n=%20', /integer/],
    ['?n=0x1', /integer/],
    ['?n=1e3', /integer/],
    ['?n=1.0', /integer/],
    ['?n=1&n=2', /integer/],
    ['?is=1', /boolean/]
  ] as const
  const replies = await Promise.all(cases.map(async ([query]) => (await server.inject(`/${query}`)).body))
  t.match(
    replies,
    cases.map(([, expected]) => expected)
  )
})
