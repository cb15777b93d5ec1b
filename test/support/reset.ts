import type { Socket } from 'node:net'

/** Resets a connection: the other side gets ECONNRESET. */
export function reset(socket: Socket): void {
  // Node.js cannot reset a connection that it is ending: it would stay open and keep the process alive.
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
