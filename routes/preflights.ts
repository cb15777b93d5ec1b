import type { FastifyInstance } from 'fastify'
import { ValidationError } from '../lib/errors.ts'

/** Refuses OPTIONS requests that are no preflight, before @fastify/cors does so: its answer is plain text. */
export function refuseOtherOptions(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async ({ method, headers }) => {
    if (method !== 'OPTIONS' || (headers.origin && headers['access-control-request-method'])) return
    throw new ValidationError(
      'OPTIONS is for CORS preflights: send the headers origin and access-control-request-method'
    )
  })
}
