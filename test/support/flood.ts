import { connect } from 'node:net'
import type { Test } from 'tap'
import { soon } from './until.ts'

const CHUNK = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 32), Buffer.from('\r\n')])
/** More than the buffers of two connected sockets and a body of the largest size. */
const ENOUGH_BYTES = 64 * 1_048_576

export interface Flooded {
  /** The answer, headers first. */
  answer: string
  /** How the connection ended for the client: properly, broken under what it sent, or not even after 64 MiB. */
  end: 'closed' | 'broken' | 'read on'
}

/** Sends a request whose body has no end, until the server closes the connection or has taken far too much. */
export async function flood(
  t: Test,
  url: string,
  requestLine: string,
  headers: Record<string, string> = {}
): Promise<Flooded> {
  const { hostname, port, host } = new URL(url)
  // It does not stop by itself when the server ends its side.
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  t.after(() => socket.destroy())
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  let end: Flooded['end'] = 'read on'
  socket.once('end', () => (end = 'closed'))
  // After its end it breaks as well, under what is still being sent.
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
