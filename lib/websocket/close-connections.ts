import type { Server, Socket } from 'socket.io'
import type { FrameTransport } from './socket-writer.ts'

/** Milliseconds for a client to read what is in flight and to answer the close. */
const GRACE_MS = 2_000

/**
 * Closes all connections without Socket.IO's disconnect packet, after which clients would not reconnect by themselves.
 * A client that does not read, or whose network is gone, delays the server by the grace period at most.
 */
export function closeConnections(engine: Server['engine']): void {
  // Engine.IO declares them protected, and offers no other way to reach them.
  const { clients } = engine as unknown as { clients: Record<string, Socket['conn']> }
  const open = new Set(
    Object.values(clients).flatMap(({ transport }) => (transport as unknown as FrameTransport).socket ?? [])
  )
  engine.close()
  const timer = setTimeout(() => {
    for (const socket of open) socket.terminate()
  }, GRACE_MS)
  const clear = () => {
    if (open.size === 0) clearTimeout(timer)
  }
  for (const socket of open) {
    socket.once('close', () => {
      open.delete(socket)
      clear()
    })
  }
  clear()
}
