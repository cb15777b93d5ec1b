import { RawConnection } from './raw-connection.ts'

export interface RawStreamOptions {
  port: number
  /** Path with its query. */
  path: string
  onBegin: () => void
  /** The data of an instance event: its place in a buffer that the next read overwrites, with one byte after it. */
  onData: (buffer: Buffer, start: number, end: number) => void
  onError: (error: Error) => void
}

const END = Buffer.from('\n\n')
const DATA = Buffer.from('\ndata: ')
const EVENT = Buffer.from('\nevent: ')

/** A client of Server-Sent Events. The server begins a chunk with each event or several. */
export class RawStream {
  readonly #options: RawStreamOptions
  readonly #connection: RawConnection

  constructor(options: RawStreamOptions) {
    const { port, path, onBegin, onError } = options
    this.#options = options
    this.#connection = new RawConnection({
      port,
      path,
      headers: ['Accept: text/event-stream'],
      status: 200,
      onAccepted: onBegin,
      read: (buffer, at) => this.#read(buffer, at),
      onError
    })
  }

  close(): void {
    this.#connection.close()
  }

  #read(buffer: Buffer, begin: number): number {
    let at = begin
    for (let end = buffer.indexOf(END, at); end >= 0; end = buffer.indexOf(END, at)) {
      const data = buffer.indexOf(DATA, at)
      const name = buffer.indexOf(EVENT, at)
      const isNamed = name >= 0 && name < end
      if (data >= 0 && data < end && !isNamed) this.#options.onData(buffer, data + DATA.length, end + 1)
      at = end + END.length
    }
    return at
  }
}
