import { type IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import fastifySocketIo from 'fastify-socket.io'
import { AlreadyRegisteredError } from '../lib/errors.ts'
import { endUnread, isUnread } from '../lib/http/unread-body.ts'
import { closeConnections } from '../lib/websocket/close-connections.ts'
import type { Connections } from '../lib/websocket/connections.ts'
import { paceConnections } from '../lib/websocket/pace-connections.ts'
import { shareUpgrades } from '../lib/websocket/share-upgrades.ts'
import pollingRoutes from '../routes/polling.ts'

export interface SocketIoOptions {
  path: string
  corsOrigin: '*' | string[]
  connections: Connections
}

/** Clients send only their handshake. */
const MAX_INBOUND_BYTES = 100_000

/** Milliseconds for a connection to enter a namespace; then it is closed. */
const CONNECT_TIMEOUT_MS = 20_000

/** Paths by server: encapsulated contexts of one server have their own decorators, but share its connections. */
const PATHS = new WeakMap<object, Set<string>>()

/** Decorates a server with `io`, which shares the server's connections with the host's own routes and sockets. */
export async function registerSocketIo(
  fastify: FastifyInstance,
  { path, corsOrigin, connections }: SocketIoOptions
): Promise<void> {
  const paths = PATHS.get(fastify.server) ?? new Set<string>()
  if (paths.has(path)) throw new AlreadyRegisteredError('websocket', `websocket, or give it another path than ${path}`)
  PATHS.set(fastify.server, paths.add(path))
  await shareUpgrades(fastify.server).add(path, () =>
    fastify.register(fastifySocketIo.default, {
      path,
      // Otherwise Engine.IO ends upgrades of the host's own that take longer.
      destroyUpgrade: false,
      cors: { origin: corsOrigin, credentials: corsOrigin !== '*' },
      serveClient: false,
      cleanupEmptyChildNamespaces: true,
      maxHttpBufferSize: MAX_INBOUND_BYTES,
      connectTimeout: CONNECT_TIMEOUT_MS,
      allowRequest: connections.allowRequest,
      preClose: (done) => {
        closeConnections(fastify.io.engine)
        done()
      }
    })
  )
  const { io } = fastify
  paceConnections(io.engine)
  connections.watch(io.engine)
  io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    // For an upgrade, `response` is an object of Engine.IO's own.
    if (response instanceof ServerResponse)
      response.once('finish', () => isUnread(request) && endUnread(request, response))
    next()
  })
  // With a prefix, the route would have another path than Socket.IO.
  if (fastify.prefix === '') await fastify.register(pollingRoutes, { io, path })
}
