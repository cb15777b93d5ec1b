import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Server } from 'socket.io'

export interface PollingRoutesOptions {
  io: Server
  /** Path of the Socket.IO endpoint. */
  path: string
}

/**
 * Long polling at the second address of `localhost`, for which Fastify creates a server of its own. On the first server,
 * Engine.IO receives requests before Fastify does; it receives upgrades from both.
 */
const pollingRoutes: FastifyPluginAsync<PollingRoutesOptions> = async (fastify, { io, path }) => {
  const serve = ({ raw }: FastifyRequest, reply: FastifyReply) => {
    reply.hijack()
    io.engine.handleRequest(raw as never, reply.raw)
  }
  // In `onRequest`, before Fastify reads the body, which Engine.IO needs.
  fastify.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: `${path.replace(/\/$/, '')}/`,
    schema: { hide: true },
    onRequest: serve,
    handler: serve
  })
}

export default pollingRoutes
