import { RawConnection } from './raw-connection.ts'

export interface RawSocketOptions {
  port: number
  /** Path with its query. */
  path: string
  onUpgrade: () => void
  /** A text frame: its place in a buffer that the next read overwrites. */
  onText: (buffer: Buffer, start: number, end: number) => void
  onError: (error: Error) => void
}

/** FIN and the opcode of text, of close. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
const TEXT = 0x81
const CLOSE = 0x88
const HEADERS = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
]

/** A WebSocket client. It makes no strings of frames. */
export class RawSocket {
  readonly #options: RawSocketOptions
  readonly #connection: RawConnection

  constructor(options: RawSocketOptions) {
    const { port, path, onUpgrade, onError } = options
    this.#options = options
    this.#connection = new RawConnection({
      port,
      path,
      headers: HEADERS,
      status: 101,
      onAccepted: onUpgrade,
      read: (buffer, at) => this.#read(buffer, at),
      onError
    })
  }

  /** @param text at most 125 bytes of ASCII */
  send(text: string): void {
    // Clients must mask; with a mask of zeros that changes nothing.
    const head = Buffer.from([TEXT, 0x80 | text.length, 0, 0, 0, 0])
    this.#connection.write(Buffer.concat([head, Buffer.from(text, 'latin1')]))
  }

  close(): void {
    this.#connection.close()
  }

  #read(buffer: Buffer, begin: number): number {
    let at = begin
    for (;;) {
      const next = this.#frame(buffer, at)
      if (next === at) return at
      at = next
    }
  }

  /** @returns the position of the next frame; `at` if this one is not complete */
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
