import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { asyncApiDocument } from '../lib/asyncapi/document.ts'
import { asyncApiPage, PAGE_POLICY } from '../lib/asyncapi/page.ts'
import type { AsyncApiDocument } from '../lib/asyncapi/types.ts'
import { packageVersion } from '../lib/package-version.ts'
import { sqsAddress } from '../lib/sqs/address.ts'
import '../plugins/event-log.ts'

export interface AsyncApiRoutesOptions {
  /** Whether the HTTP API is described at `/docs`. */
  openApi: boolean
}

/** `GET /docs/asyncapi`, `GET /docs/asyncapi.json`: what goes to queues and sockets, by how this server is set. */
const asyncApiRoutes: FastifyPluginAsync<AsyncApiRoutesOptions> = async (fastify, { openApi }) => {
  const { catalogue } = fastify.eventLog
  const { prefix } = fastify
  const version = packageVersion()
  const sqs = fastify.hasDecorator('sqs') ? fastify.sqs : undefined
  const websocket = fastify.hasDecorator('websocket') ? fastify.websocket : undefined
  const hide = { schema: { hide: true } }

  async function documentFor({ host, protocol }: FastifyRequest): Promise<AsyncApiDocument> {
    return asyncApiDocument({
      version,
      catalogue,
      sqs: sqs && { mode: sqs.mode, address: await sqsAddress(sqs.client) },
      websocket: websocket && {
        host,
        secure: protocol === 'https',
        path: websocket.path,
        globalEvents: websocket.globalEvents
      }
    })
  }

  fastify.get('/docs/asyncapi.json', hide, documentFor)

  fastify.get('/docs/asyncapi', hide, async (request, reply) => {
    const page = asyncApiPage(await documentFor(request), {
      document: `${prefix}/docs/asyncapi.json`,
      http: openApi ? `${prefix}/docs` : undefined
    })
    return reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY).send(page)
  })
}

export default asyncApiRoutes
