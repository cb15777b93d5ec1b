import { Validator } from '@seriousme/openapi-schema-validator'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import { API_KEY, bare } from '../support/build.ts'

interface Operation {
  summary?: string
  operationId: string
  tags: string[]
  security: Record<string, []>[]
  description: string
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: Record<string, object>; schemas: object }
}

const OPTIONS = { apiKey: API_KEY, prefix: '/hub', eventLog: { url: ':memory:' }, sqs: { region: 'us-east-1' } }
const INFO = { title: 'The host', version: '1' }

/** @returns the document of a host with a route and a security scheme of its own */
async function hostDocument(t: Test, options: object, register: (host: FastifyInstance) => PromiseLike<unknown>) {
  const host = bare(t, options)
  await host.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: INFO,
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } }
    },
    exposeHeadRoutes: true,
    // Libraries for other schemas replace schemas like this.
    transform: ({ schema, url }) => ({ schema: { ...(schema as object), summary: 'transformed by the host' }, url })
  })
  await register(host)
  host.get('/own', { schema: { tags: ['own'], security: [{ bearer: [] }] } }, async () => 1)
  await host.ready()
  return host.swagger() as unknown as Document
}

t.test('the document of a host with @fastify/swagger describes our operations and their keys', async (t) => {
  const document = await hostDocument(t, {}, (host) => host.register(app, OPTIONS))
  const { valid, errors } = await new Validator().validate(structuredClone(document) as never)
  t.ok(valid, JSON.stringify(errors))

  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation }))
  )
  const ours = operations.filter(({ path }) => path.startsWith('/hub/'))
  t.ok(ours.length > 20)
  t.same(
    ours.filter(({ summary }) => summary === 'transformed by the host'),
    []
  )
  const described = { operationId: /^[a-z]/, tags: [String], security: Array, description: /^Key: / }
  t.match(
    ours,
    ours.map(({ path, method }) => ({ path, method, ...described }))
  )
  const keys = (path: string, method: string) =>
    document.paths[path]?.[method]?.security.map((requirement) => Object.keys(requirement).join())
  t.same(keys('/hub/events/{instance}', 'post'), ['instanceEventsKey', 'instanceEventsBearer'])
  t.same(keys('/hub/events/{instance}', 'head'), ['instanceEventsKey', 'instanceEventsBearer'])
  t.same(keys('/hub/webhook/evolution', 'post'), [
    'instanceEventsKey',
    'instanceEventsKeyInQuery',
    'instanceEventsBearer'
  ])
  t.same(keys('/hub/health', 'get'), [])

  t.match(document.paths['/own'], {
    get: { summary: 'transformed by the host', tags: ['own'], security: [{ bearer: [] }] }
  })
  t.match(document.components.securitySchemes, {
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    instanceEventsKey: { type: 'apiKey', in: 'header', name: 'apikey' },
    instanceEventsBearer: { type: 'http', scheme: 'bearer' },
    instanceEventsKeyInQuery: { type: 'apiKey', in: 'query', name: 'apikey' }
  })
})

t.test('a document of Swagger 2.0 describes our operations and their keys', async (t) => {
  const host = bare(t)
  await host.register(swagger, { swagger: { info: INFO } })
  await host.register(app, OPTIONS)
  await host.ready()
  const { paths, securityDefinitions } = host.swagger() as unknown as Document & { securityDefinitions: object }
  const security = [{ instanceEventsKey: [] }, { instanceEventsBearer: [] }]
  t.match(paths['/hub/events/{instance}'], { post: { operationId: 'postEvents', tags: ['events'], security } })
  t.match(paths['/hub/health'], { get: { security: [] } })
  t.same(securityDefinitions, {
    instanceEventsKey: { type: 'apiKey', in: 'header', name: 'apikey' },
    instanceEventsBearer: { type: 'apiKey', in: 'header', name: 'authorization' },
    instanceEventsKeyInQuery: { type: 'apiKey', in: 'query', name: 'apikey' }
  })
})

t.test('a host that registers @fastify/swagger after the plugin has a document of its own routes', async (t) => {
  const host = bare(t)
  await host.register(app, OPTIONS)
  await host.register(swagger, { openapi: { openapi: '3.1.0', info: INFO } })
  await host.register(swaggerUi, { routePrefix: '/docs' })
  host.get('/own', async () => 1)
  const title = async (url: string) => (await host.inject(url)).json<{ info: { title: string }; paths: object }>()
  t.match(await title('/docs/json'), { info: INFO, paths: { '/own': {} } })
  t.match(await title('/hub/docs/json'), { info: { title: 'fastify-instance-events' }, paths: { '/hub/health': {} } })
})
