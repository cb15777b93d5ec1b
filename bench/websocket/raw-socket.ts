import { connect, type Socket } from 'node:net'

export interface RawSocketOptions {
  port: number
  /** With the query. */
  path: string
  onUpgrade: () => void
  /** Each text frame: where it lies in a buffer that is used again afterwards. */
  onText: (buffer: Buffer, start: number, end: number) => void
  onError: (error: Error) => void
}

/** FIN and the opcode of text, of close. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
const TEXT = 0x81
const CLOSE = 0x88
const HEAD_END = '\r\n\r\n'
/** All sockets read into it, one after the other. */
const shared = Buffer.allocUnsafeSlow(1_048_576)

/**
 * A WebSocket client that does as little as can be, so that servers are measured and not their clients: frames are
 * looked at where they were read, and none is made a string.
 */
export class RawSocket {
  readonly #options: RawSocketOptions
  readonly #socket: Socket
  #rest: Buffer | undefined
  #upgraded = false

  constructor(options: RawSocketOptions) {
    const { port, path, onError } = options
    this.#options = options
    const onread = { buffer: shared, callback: (size: number) => this.#read(size) }
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
    this.#socket.on('error', onError)
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==${HEAD_END}`
    )
  }

  /** @param text of at most 125 bytes of ASCII */
  send(text: string): void {
    // Clients must mask; with a mask of zeros that changes nothing.
    const head = Buffer.from([TEXT, 0x80 | text.length, 0, 0, 0, 0])
    this.#socket.write(Buffer.concat([head, Buffer.from(text, 'latin1')]))
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(size: number): boolean {
    const rest = this.#rest
    const read = shared.subarray(0, size)
    const buffer = rest ? Buffer.concat([rest, read]) : read
    let at = this.#upgraded ? 0 : this.#upgrade(buffer)
    while (this.#upgraded) {
      const next = this.#frame(buffer, at)
      if (next === at) break
      at = next
    }
    this.#rest = at < buffer.length ? Buffer.from(buffer.subarray(at)) : undefined
    return true
  }

  #upgrade(buffer: Buffer): number {
    const end = buffer.indexOf(HEAD_END)
    if (end === -1) return 0
    this.#upgraded = buffer.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))
    if (this.#upgraded) this.#options.onUpgrade()
    else this.#options.onError(new Error(buffer.toString('utf8')))
    return end + HEAD_END.length
  }

  /** @returns where the next frame begins; `at` itself while this one is not all there */
  #frame(buffer: Buffer, at: number): number {
    if (at + 2 > buffer.length) return at
    // Both are within the buffer.
    const short = (buffer[at + 1] as number) & 0x7f
    if (short === 127) throw new Error('A frame of 64 kB and more')
    const start = short === 126 ? at + 4 : at + 2
    if (start > buffer.length) return at
    const end = start + (short === 126 ? buffer.readUInt16BE(at + 2) : short)
    if (end > buffer.length) return at
    if (buffer[at] === TEXT) this.#options.onText(buffer, start, end)
    else if (buffer[at] === CLOSE) this.#options.onError(new Error('The server closed a connection'))
    return end
  }
}
