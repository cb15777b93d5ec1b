import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { asyncApiDocument } from '../lib/asyncapi/document.ts'
import { html } from '../lib/asyncapi/html.ts'
import { asyncApiPage, PAGE_POLICY } from '../lib/asyncapi/page.ts'
import { packageVersion } from '../lib/package-version.ts'
import { type SqsAddress, sqsAddress } from '../lib/sqs/address.ts'
import '../plugins/event-log.ts'
import { SharedText } from './shared-text.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
/** Placeholder for the host, which each request names. */
const HOST = 'the-host.invalid'

interface Texts {
  document: SharedText
  page: SharedText
}

export interface AsyncApiRoutesOptions {
  /** True if the HTTP API is described at `/docs`. */
  openApi: boolean
}

/** `GET /docs/asyncapi`, `GET /docs/asyncapi.json`: the messages of queues, sockets and HTTP, by the options of this server. */
const asyncApiRoutes: FastifyPluginAsync<AsyncApiRoutesOptions> = async (fastify, { openApi }) => {
  const { prefix } = fastify
  const version = packageVersion()
  const sqs = fastify.hasDecorator('sqs') ? fastify.sqs : undefined
  const websocket = fastify.hasDecorator('websocket') ? fastify.websocket : undefined
  const hide = { schema: { hide: true } }

  const built = new Map<string, Texts>()

  /** Returns the document and its page, for any host. Address and protocol, on which they also depend, have few values. */
  async function textsFor({ protocol }: FastifyRequest): Promise<Texts> {
    const address = sqs && (await sqsAddress(sqs.client))
    const secure = protocol === 'https'
    const key = JSON.stringify([address, secure])
    const texts = built.get(key) ?? build(address, secure)
    built.set(key, texts)
    return texts
  }

  function build(address: SqsAddress | undefined, secure: boolean): Texts {
    const document = asyncApiDocument({
      version,
      events: fastify.eventLog.allEvents,
      sqs: sqs && address && { mode: sqs.mode, address },
      websocket: websocket && { host: HOST, secure, path: websocket.path, globalEvents: websocket.globalEvents },
      http: { host: HOST, secure, prefix }
    })
    const page = asyncApiPage(document, {
      document: `${prefix}/docs/asyncapi.json`,
      http: openApi ? `${prefix}/docs` : undefined
    })
    return {
      document: new SharedText({ type: JSON_TYPE, text: JSON.stringify(document), placeholder: HOST }),
      page: new SharedText({ type: 'text/html; charset=utf-8', text: page, placeholder: HOST })
    }
  }

  fastify.get('/docs/asyncapi.json', hide, async (request, reply) => {
    const { document } = await textsFor(request)
    return document.send(request, reply, JSON.stringify(request.host).slice(1, -1))
  })

  fastify.get('/docs/asyncapi', hide, async (request, reply) => {
    const { page } = await textsFor(request)
    reply.header('content-security-policy', PAGE_POLICY)
    return page.send(request, reply, html`${request.host}`.text)
  })
}

export default asyncApiRoutes
