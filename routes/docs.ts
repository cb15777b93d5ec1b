import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import { packageVersion } from '../lib/package-version.ts'
import type { Authenticate } from '../plugins/auth.ts'

const KEYS: Record<Authenticate['allow'], string> = {
  global: 'Key: the global one.',
  instance: 'Key: the global one, or the token of the instance in the path.',
  any: 'Key: the global one, or the token of any instance.'
}

/** `GET /docs`, `GET /docs/json`: must run before the routes it is to describe. */
export async function describeRoutes(fastify: FastifyInstance): Promise<void> {
  await fastify.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'fastify-instance-events',
        description: `Carries the events of messaging instances to Amazon SQS and to Socket.IO clients. What it sends them is in the [AsyncAPI page](${fastify.prefix}/docs/asyncapi).`,
        version: packageVersion(),
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' }
      },
      tags: [
        { name: 'sqs', description: 'Which events go to an instance’s SQS queues, and what did not' },
        { name: 'websocket', description: 'Which events an instance’s Socket.IO namespace carries' },
        { name: 'instances', description: 'Instances and their tokens' },
        { name: 'events', description: 'Taking events in, and reading them' },
        { name: 'operation', description: 'How this server is set, and how it is' }
      ],
      components: {
        securitySchemes: {
          apikey: { type: 'apiKey', in: 'header', name: 'apikey' },
          bearer: { type: 'http', scheme: 'bearer' },
          apikeyInQuery: { type: 'apiKey', in: 'query', name: 'apikey' }
        }
      }
    },
    transform: ({ schema, url, route }) => ({ schema: withKeys(schema, route), url })
  })
  await fastify.register(swaggerUi, { routePrefix: '/docs', uiConfig: { docExpansion: 'list' } })
}

/** Which keys open a route, told by what guards it. */
function withKeys(schema: FastifySchema, { onRequest }: RouteOptions): FastifySchema {
  const guard = [onRequest ?? []].flat().find((hook): hook is Authenticate => 'allow' in hook)
  if (!guard) return { ...schema, security: [], description: 'Open: no key is needed.' }
  const inQuery = guard.inQuery ? [{ apikeyInQuery: [] }] : []
  return { ...schema, security: [{ apikey: [] }, { bearer: [] }, ...inQuery], description: KEYS[guard.allow] }
}
