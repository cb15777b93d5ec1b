import type { FastifyPluginAsync } from 'fastify'
import { packageVersion } from '../lib/package-version.ts'

export interface RootRouteOptions {
  docs: boolean
  console: boolean
  /** URL by which clients reach this server. @default host and protocol of the request */
  serverUrl?: string | undefined
}

const NAME = 'fastify-instance-events'

/**
 * `GET /` of the standalone server; in a host app the root is the host's. Browsers are redirected to the console, or to the
 * documentation; other clients get the reply of Evolution API.
 */
const rootRoute: FastifyPluginAsync<RootRouteOptions> = async (fastify, { docs, console, serverUrl }) => {
  const version = packageVersion()
  const page = console ? 'console/' : docs ? 'docs' : undefined

  fastify.get('/', async ({ headers, protocol, host }, reply) => {
    // CORS may have set it.
    reply.header('vary', [reply.getHeader('vary'), 'Accept'].filter(Boolean).join(', '))
    // Relative, so that it works behind a proxy that adds a path.
    if (page !== undefined && headers.accept?.includes('text/html')) return reply.redirect(page)
    const base = serverUrl?.replace(/\/+$/, '') ?? `${protocol}://${host}`
    return {
      status: 200,
      message: `Welcome to ${NAME}, it is working!`,
      version,
      name: NAME,
      ...(console && { manager: `${base}/console/` }),
      ...(docs && { documentation: `${base}/docs` })
    }
  })
}

export default rootRoute
