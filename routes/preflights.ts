import type { FastifyInstance } from 'fastify'
import { ValidationError } from '../lib/errors.ts'

/** Refuses OPTIONS requests that are not CORS preflights. @fastify/cors would do so with plain text. */
export function refuseOtherOptions(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async ({ method, headers }) => {
    if (method !== 'OPTIONS' || (headers.origin && headers['access-control-request-method'])) return
    throw new ValidationError(
      'OPTIONS is for CORS preflights: send the headers origin and access-control-request-method'
    )
  })
}
