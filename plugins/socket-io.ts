import { type IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import fastifySocketIo from 'fastify-socket.io'
import { AlreadyRegisteredError } from '../lib/errors.ts'
import { endUnread, isUnread } from '../lib/http/unread-body.ts'
import { closeConnections } from '../lib/websocket/close-connections.ts'
import type { Connections } from '../lib/websocket/connections.ts'
import { shareUpgrades } from '../lib/websocket/share-upgrades.ts'
import pollingRoutes from '../routes/polling.ts'

export interface SocketIoOptions {
  path: string
  corsOrigin: '*' | string[]
  connections: Connections
}

/** Clients send nothing but their keys. */
const MAX_INBOUND_BYTES = 100_000

/** In which a connection enters a namespace, or is closed. */
const CONNECT_TIMEOUT_MS = 20_000

/** Two contexts of one server do not see each other's decorators, but each other's connections. */
const PATHS = new WeakMap<object, Set<string>>()

/** Decorates a server with `io`, which shares the server's connections with whatever else the host has on it. */
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
      // The host's other sockets may take their time.
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
  connections.watch(io.engine)
  io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    // Of an upgrade, it is no response of Node.js's.
    if (response instanceof ServerResponse)
      response.once('finish', () => isUnread(request) && endUnread(request, response))
    next()
  })
  // In a context with a prefix, a route could not have Socket.IO's path.
  if (fastify.prefix === '') await fastify.register(pollingRoutes, { io, path })
}
