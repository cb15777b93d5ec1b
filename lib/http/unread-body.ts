import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Milliseconds for a client to read its answer before the connection is destroyed. */
const LINGER_MS = 1_000

/** True if a part of the request's body was not received yet. Not for HTTP/2, which ends streams by itself. */
export function isUnread({ headers, complete, httpVersionMajor }: IncomingMessage): boolean {
  // Injected requests do not state whether they are complete.
  return (
    complete === false &&
    httpVersionMajor < 2 &&
    (headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0)
  )
}

/**
 * Ends a request whose body is not read, once its answer is written: Node.js would continue to read, and the body may
 * have no end. The connection stays open for a second: a client that is still sending would otherwise see a broken
 * connection instead of the answer.
 */
export function endUnread({ socket }: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) {
    linger(socket)
    return
  }
  response.setHeader('connection', 'close')
  // Node.js calls this once the answer is written.
  socket.destroySoon = () => linger(socket)
}

function linger(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
  socket.end()
  // In this turn of the event loop, Node.js resumes it to discard the body.
  setImmediate(() => socket.pause())
}
