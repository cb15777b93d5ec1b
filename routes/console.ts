import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { ConsoleNotBuiltError } from '../lib/errors.ts'
import { usePageHeaders } from './page-headers.ts'

/** The output of `npm run build:console`. The package has it in the same place relative to its routes. */
const BUILT = new URL('../console/dist/', import.meta.url)
const YEAR_SECONDS = 31_536_000

export interface ConsoleRoutesOptions {
  /**
   * The built files.
   * @default those of this package
   */
  folder?: URL
}

/** True if the files of the console exist. */
export function isConsoleBuilt(folder: URL = BUILT): boolean {
  return existsSync(new URL('index.html', folder))
}

/** `GET /console`, `GET /console/*` */
const consoleRoutes: FastifyPluginAsync<ConsoleRoutesOptions> = async (fastify, { folder = BUILT }) => {
  const schema = { hide: true }
  usePageHeaders(fastify)

  if (!isConsoleBuilt(folder)) {
    const error = new ConsoleNotBuiltError()
    fastify.log.warn(error.message)
    for (const path of ['/console', '/console/*']) {
      fastify.get(path, {
        schema,
        handler: async () => {
          throw error
        }
      })
    }
    return
  }

  // The page names its files relative to `/console/`. A relative redirection also works behind proxies that add a path.
  // Routers that ignore trailing slashes call this for `/console/`, too: that is the page itself.
  const page = readFileSync(new URL('index.html', folder))
  fastify.get('/console', {
    schema,
    handler: async ({ originalUrl }, reply) => {
      if (!/^[^?]*\/(\?|$)/.test(originalUrl)) return reply.redirect('console/', 308)
      return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page)
    }
  })
  await fastify.register(fastifyStatic, {
    root: fileURLToPath(folder),
    prefix: '/console/',
    decorateReply: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Names of assets contain the hash of their content.
      const forEver = `public, max-age=${YEAR_SECONDS}, immutable`
      reply.header('cache-control', path.endsWith('.html') ? 'no-cache' : forEver)
    }
  })
}

export default consoleRoutes
