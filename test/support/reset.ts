import type { Socket } from 'node:net'

/** Ends a connection as a pulled cable does: the other side sees a reset. */
export function reset(socket: Socket): void {
  // One whose own end is on its way Node cannot reset: it keeps it open, and the process does not exit any more.
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
