import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Time that requests in progress get before their connections are destroyed. */
const REQUEST_GRACE_MS = 3_000

/**
 * Returns a function that ends the server's connections, for which closing Fastify would wait: those without a request yet, which
 * browsers and load balancers open in advance, at once; those with a request in progress after three seconds. It returns the timer.
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
