import type { FastifyInstance } from 'fastify'

export interface PageHeadersOptions {
  /** Hashes of style elements that the page's scripts add, as a policy names them: `sha256-…`. */
  styles?: readonly string[]
}

/** Nothing but what this server serves, and nowhere but to this server: `'self'` covers WebSocket, too. */
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

/** What the pages of this scope may do in a browser: run their own files, and talk to this server. */
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
