import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, preHandlerHookHandler } from 'fastify'
import { packageVersion } from '../lib/package-version.ts'
import { usePageHeaders } from './page-headers.ts'
import { SharedText } from './shared-text.ts'

/** Of the one style element that Swagger UI adds. A browser that refuses another one names its hash. */
const SWAGGER_UI_STYLE = 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='

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
      ]
    }
  })
  // Relative links hold under any prefix, and behind proxies that put a path in front.
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

/** Answers `/docs/json` and `/docs/yaml` before Swagger UI would write the whole document again. */
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
