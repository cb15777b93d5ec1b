import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** What a request in progress is given before its connection is ended. */
const REQUEST_GRACE_MS = 3_000

/**
 * Fastify waits for connections that it does not see as idle. When the server stops, those that never sent anything
 * (browsers and load balancers open them ahead) are ended at once, those with a request in progress a little later.
 */
export function connectionEnder(server: Server): () => NodeJS.Timeout {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return () => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    return setTimeout(() => sockets.forEach((socket) => socket.destroy()), REQUEST_GRACE_MS)
  }
}
