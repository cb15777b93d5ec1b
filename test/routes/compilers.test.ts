import { Ajv } from 'ajv'
import fastJson from 'fast-json-stringify'
import type { FastifySchema } from 'fastify'
import t from 'tap'
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

t.test('every schema of every route compiles', async (t) => {
  const server = bare(t)
  const schemas: [string, FastifySchema][] = []
  server.addHook('onRoute', ({ method, url, schema }) => void schemas.push([`${String(method)} ${url}`, schema ?? {}]))
  await server.register(app, { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: { region: 'us-east-1' } })
  await server.ready()
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
