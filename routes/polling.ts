import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Server } from 'socket.io'

export interface PollingRoutesOptions {
  io: Server
  /** Of the Socket.IO endpoint. */
  path: string
}

/**
 * Long polling at the second address of `localhost`, for which Fastify makes a server of its own. Engine.IO sees the
 * requests of the first one before Fastify does; upgrades get to it from both.
 */
const pollingRoutes: FastifyPluginAsync<PollingRoutesOptions> = async (fastify, { io, path }) => {
  const serve = ({ raw }: FastifyRequest, reply: FastifyReply) => {
    reply.hijack()
    io.engine.handleRequest(raw as never, reply.raw)
  }
  // Before Fastify reads the body, which is Engine.IO's.
  fastify.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: `${path.replace(/\/$/, '')}/`,
    schema: { hide: true },
    onRequest: serve,
    handler: serve
  })
}

export default pollingRoutes
