import type { Server, Socket } from 'socket.io'
import type { FrameTransport } from './socket-writer.ts'

/** For which a client may read what is on its way, and answer that it closes too. */
const GRACE_MS = 2_000

/**
 * Closes all connections without a goodbye of Socket.IO's, which clients would take for a refusal: they come back by
 * themselves. One that does not read, or whose network is gone, does not hold the server up for longer than the grace.
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
