import type { FastifyPluginAsync } from 'fastify'
import { packageVersion } from '../lib/package-version.ts'

export interface RootRouteOptions {
  docs: boolean
  console: boolean
  /** By which clients reach this server. @default what the request was sent to */
  serverUrl?: string | undefined
}

const NAME = 'fastify-instance-events'

/**
 * `GET /` of the standalone server; in a host app the root is the host's. Browsers are sent to the console, or to the
 * documentation; anybody else gets what Evolution API answers there.
 */
const rootRoute: FastifyPluginAsync<RootRouteOptions> = async (fastify, { docs, console, serverUrl }) => {
  const version = packageVersion()
  const page = console ? 'console/' : docs ? 'docs' : undefined

  fastify.get('/', async ({ headers, protocol, host }, reply) => {
    reply.header('vary', 'Accept')
    // Relative: it holds behind a proxy that puts a path in front.
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
