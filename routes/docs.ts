import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, preHandlerHookHandler } from 'fastify'
import { packageVersion } from '../lib/package-version.ts'
import { usePageHeaders } from './page-headers.ts'
import { SharedText } from './shared-text.ts'

/** Hash of the style element that Swagger UI adds. If that changes, the browser's refusal names the new hash. */
const SWAGGER_UI_STYLE = 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='

/** `GET /docs`, `GET /docs/json`. Must run before the routes that it describes are registered. */
export async function describeRoutes(fastify: FastifyInstance): Promise<void> {
  await fastify.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'fastify-instance-events',
        description: `Delivers the events of messaging instances to Amazon SQS and to Socket.IO clients. Their messages are described in the [AsyncAPI page](${fastify.prefix}/docs/asyncapi).`,
        version: packageVersion(),
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' }
      },
      tags: [
        { name: 'sqs', description: 'The events that go to an instance’s SQS queues, and dead letters' },
        { name: 'websocket', description: 'The events that an instance’s Socket.IO namespace carries' },
        { name: 'instances', description: 'Instances and their tokens' },
        { name: 'events', description: 'Accepting and reading events' },
        { name: 'operation', description: 'Settings, health and metrics of this server' }
      ]
    }
  })
  // Relative links work with any prefix, and behind proxies that add a path.
  await fastify.register(async (scope) => {
    usePageHeaders(scope, { styles: [SWAGGER_UI_STYLE] })
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      indexPrefix: '.',
      uiConfig: { docExpansion: 'list' },
      uiHooks: { preHandler: sendBuilt(fastify) }
    })
  })
}

/** Replies to `/docs/json` and `/docs/yaml` before Swagger UI, which would serialise the document for every request. */
function sendBuilt(fastify: FastifyInstance): preHandlerHookHandler {
  const build = {
    json: () => new SharedText({ type: 'application/json; charset=utf-8', text: JSON.stringify(fastify.swagger()) }),
    yaml: () => new SharedText({ type: 'application/x-yaml', text: fastify.swagger({ yaml: true }) })
  }
  const built: { [K in keyof typeof build]?: SharedText } = {}
  return (request, reply, done) => {
    const [, format] = /\/(json|yaml)$/.exec(String(request.routeOptions.url)) ?? []
    if (format !== 'json' && format !== 'yaml') return done()
    built[format] ??= build[format]()
    built[format].send(request, reply)
  }
}
