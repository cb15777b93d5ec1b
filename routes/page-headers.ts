import type { FastifyInstance } from 'fastify'

export interface PageHeadersOptions {
  /** Hashes of style elements that the page's scripts add, in the form of a policy: `sha256-…`. */
  styles?: readonly string[]
}

/** Returns a policy that allows resources of this server and connections to it only. `'self'` includes WebSocket. */
function policy(styles: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    ["style-src 'self'", ...styles.map((hash) => `'${hash}'`)].join(' '),
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join('; ')
}

/** Sets security headers on the pages of this scope: they may run their own files and connect to this server. */
export function usePageHeaders(fastify: FastifyInstance, { styles = [] }: PageHeadersOptions = {}): void {
  const headers = {
    'content-security-policy': policy(styles),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff'
  }
  fastify.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers)
  })
}
