import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** For which a client may read its answer before the connection is destroyed. */
const LINGER_MS = 1_000

/** Whether a body of the request is still to come. HTTP/2 ends streams by itself. */
export function isUnread({ headers, complete, httpVersionMajor }: IncomingMessage): boolean {
  // Requests that were injected do not say whether they are complete.
  return (
    complete === false &&
    httpVersionMajor < 2 &&
    (headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0)
  )
}

/**
 * Ends a request whose body nobody will read, once its answer is written: Node.js would go on reading, and the body may
 * have no end. The connection stays for another second: a client that is still sending would otherwise see that it is
 * broken, and not the answer.
 */
export function endUnread({ socket }: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) {
    linger(socket)
    return
  }
  response.setHeader('connection', 'close')
  // What Node.js calls once the answer is written.
  socket.destroySoon = () => linger(socket)
}

function linger(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
  socket.end()
  // In this turn of the event loop, Node.js resumes it to discard the body.
  setImmediate(() => socket.pause())
}
