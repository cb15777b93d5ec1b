import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { serve } from '../harness/serve.ts'
import { type BodyServer, longestBlock, peakRss } from './body-server.ts'

/** Fastify with its defaults, which parses the body and ignores it. */
const bare: BodyServer = {
  async listen() {
    const server = Fastify({ bodyLimit: 10 * 1_048_576 })
    server.post('*', async (_request, reply) => reply.code(202).send({}))
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  longestBlock,
  peakRss
}

serve(bare)
