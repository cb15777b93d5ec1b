import { connect } from 'node:net'
import type { Test } from 'tap'
import { soon } from './until.ts'

const CHUNK = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 32), Buffer.from('\r\n')])
/** More bytes than the buffers of two connected sockets and the largest body together. */
const ENOUGH_BYTES = 64 * 1_048_576

export interface Flooded {
  /** The response with its head. */
  answer: string
  /** The end of the connection: closed by the server, broken while the client sent, or still open after 64 MiB. */
  end: 'closed' | 'broken' | 'read on'
}

/** Sends a request whose body never ends, until the server closes the connection or has accepted 64 MiB. */
export async function flood(
  t: Test,
  url: string,
  requestLine: string,
  headers: Record<string, string> = {}
): Promise<Flooded> {
  const { hostname, port, host } = new URL(url)
  // Half-open, so that it goes on sending when the server ends its side.
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  t.after(() => socket.destroy())
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  let end: Flooded['end'] = 'read on'
  socket.once('end', () => (end = 'closed'))
  // After the end it breaks as well, because it is still sending.
  socket.on('error', () => end === 'closed' || (end = 'broken'))
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const lines = Object.entries({ host, 'transfer-encoding': 'chunked', ...headers }).map(
    ([name, value]) => `${name}: ${value}`
  )
  socket.write(`${requestLine} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  const readOn = new Promise<void>((resolve) => {
    const send = () => {
      while (!socket.destroyed && socket.write(CHUNK));
      if (socket.bytesWritten > ENOUGH_BYTES) {
        end = 'read on'
        resolve()
      }
    }
    socket.on('drain', send)
    send()
  })
  await soon(Promise.race([closed, readOn]), `the end of ${requestLine}`)
  socket.destroy()
  return { answer, end }
}
