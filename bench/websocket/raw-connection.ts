import { connect, type Socket } from 'node:net'

export interface RawConnectionOptions {
  port: number
  /** Path with its query. */
  path: string
  /** Header lines of the request, besides `Host`. */
  headers: readonly string[]
  /** Status with which the server accepts the request. */
  status: number
  onAccepted: () => void
  /**
   * Reads bytes that follow the head of the response, from `at` on. The buffer is overwritten by the next read.
   * @returns the position of the first byte that it could not use yet
   */
  read: (buffer: Buffer, at: number) => number
  onError: (error: Error) => void
}

const LINE_END = '\r\n'
const HEAD_END = LINE_END + LINE_END
/** All connections read into this buffer, one after the other. */
const shared = Buffer.allocUnsafeSlow(1_048_576)

/** An HTTP connection with one request, whose client does little work, so that servers are measured and not their clients. */
export class RawConnection {
  readonly #options: RawConnectionOptions
  readonly #socket: Socket
  #rest: Buffer | undefined
  #accepted = false

  constructor(options: RawConnectionOptions) {
    const { port, path, headers, onError } = options
    this.#options = options
    const onread = { buffer: shared, callback: (size: number) => this.#read(size) }
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
    this.#socket.on('error', onError)
    this.#socket.write([`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers].join(LINE_END) + HEAD_END)
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(size: number): boolean {
    const rest = this.#rest
    const read = shared.subarray(0, size)
    const buffer = rest ? Buffer.concat([rest, read]) : read
    const begin = this.#accepted ? 0 : this.#readHead(buffer)
    const at = this.#accepted ? this.#options.read(buffer, begin) : begin
    this.#rest = at < buffer.length ? Buffer.from(buffer.subarray(at)) : undefined
    return true
  }

  /** @returns the end of the head; 0 if it is not complete */
  #readHead(buffer: Buffer): number {
    const { status, onAccepted, onError } = this.#options
    const end = buffer.indexOf(HEAD_END)
    if (end === -1) return 0
    this.#accepted = buffer.toString('latin1', 0, 12) === `HTTP/1.1 ${status}`
    if (this.#accepted) onAccepted()
    else onError(new Error(buffer.toString('utf8')))
    return this.#accepted ? end + HEAD_END.length : buffer.length
  }
}
