import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What to call at the end of each connection, for those of its responses that wait behind another one. */
const waiting = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls back once when a response is closed, or its connection: at once if the client has left already, as it may while a hook
 * of the host waits, since no event follows then. The connection counts because releases of Node.js before 24 close only its
 * current response, and none of those that wait behind it.
 */
export function onceClosed(response: ServerResponse, closed: () => void): void {
  const { socket } = response.req
  if (socket.destroyed) return closed()
  if (response.socket) {
    response.once('close', closed)
    return
  }
  const ends = endsOf(socket)
  const end = () => {
    ends.delete(end)
    response.off('close', end)
    closed()
  }
  ends.add(end)
  response.on('close', end)
}

/** Many requests may wait on one connection: it gets one listener for all of them. */
function endsOf(socket: Socket): Set<() => void> {
  const known = waiting.get(socket)
  if (known) return known
  const ends = new Set<() => void>()
  waiting.set(socket, ends)
  socket.once('close', () => {
    for (const end of ends) end()
  })
  return ends
}
