import { EventEmitter } from 'node:events'
import { SimulatedProcess } from './clock.ts'

/** What waits to be taken by the system, and then travels to the client. */
interface Chunk {
  readonly texts: readonly string[]
  /** Bytes that the system has not taken. */
  left: number
  readonly taken: () => void
}

export interface ConnectionOptions {
  process: SimulatedProcess
  /** Milliseconds of one way. */
  latencyMs: number
  /** Bytes that the systems on the way hold for a client that does not read. */
  systemBytes: number
  /** Called as the server writes, of each packet of Engine.IO. */
  written: (packet: string) => void
  /** Called as the client reads one. */
  read: (packet: string) => void
  /** The client knows that the connection is over. */
  over: () => void
}

/** A WebSocket as Engine.IO sees it (an object of `ws`), the network behind it, and the client's end. */
export class Connection extends EventEmitter {
  readonly #options: ConnectionOptions
  readonly #waiting: Chunk[] = []
  /** What has arrived: bytes, and the packets that are whole by them. */
  readonly #unread: { readonly bytes: number; readonly texts: readonly string[] }[] = []
  #room: number
  #reading = true
  #closing = false
  #isOver = false
  /** What Engine.IO and the hub use of `ws` beside its public methods. */
  readonly _sender = { sendFrame: (list: readonly Buffer[], taken = () => {}) => this.#write(textsOf(list), taken) }
  readonly #traffic = { bytesWritten: 0, writableLength: 0, remoteAddress: '192.0.2.1', cork() {}, uncork() {} }
  readonly _socket = this.#traffic

  constructor(options: ConnectionOptions) {
    super()
    this.#options = options
    this.#room = options.systemBytes
    void options.process.ended.then(() => this.#lose(0))
  }

  get bufferedAmount(): number {
    return this.#traffic.writableLength
  }

  send(packet: string, taken: () => void): void {
    this.#write([packet], taken)
  }

  /** The server closes it, once what it has written is taken. */
  close(): void {
    this.#closing = true
    this.#take()
  }

  terminate(): void {
    this.#lose(0)
  }

  /** The client sends a packet. */
  receive(packet: string): void {
    const { process } = this.#options
    this.#later(() => process.deliver(() => this.emit('message', Buffer.from(packet), false)))
  }

  /** The client stops to read, or goes on. */
  reads(reading: boolean): void {
    this.#reading = reading
    this.#read()
  }

  /** The network is gone. @param silentMs after which the server is told */
  drop(silentMs: number): void {
    this.#lose(silentMs)
  }

  #write(texts: readonly string[], taken: () => void): void {
    const { process, written } = this.#options
    if (!process.alive) return
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 2, 0)
    this.#traffic.bytesWritten += bytes
    this.#traffic.writableLength += bytes
    for (const text of texts) written(text)
    this.#waiting.push({ texts, left: bytes, taken })
    this.#take()
  }

  /** The system takes what it has room for. */
  #take(): void {
    for (let [chunk] = this.#waiting; chunk && this.#room > 0; [chunk] = this.#waiting) {
      const bytes = Math.min(this.#room, chunk.left)
      this.#room -= bytes
      chunk.left -= bytes
      this.#traffic.writableLength -= bytes
      const texts = chunk.left === 0 ? chunk.texts : []
      this.#later(() => {
        this.#unread.push({ bytes, texts })
        this.#read()
      })
      if (chunk.left > 0) return
      this.#waiting.shift()
      this.#options.process.deliver(chunk.taken)
    }
    if (this.#closing && this.#waiting.length === 0) this.#later(() => this.#lose(0))
  }

  #read(): void {
    while (this.#reading && !this.#isOver) {
      const next = this.#unread.shift()
      if (next === undefined) break
      this.#room += next.bytes
      for (const text of next.texts) this.#options.read(text)
    }
    if (this.#waiting.length > 0) this.#take()
  }

  #later(work: () => void): void {
    SimulatedProcess.outside(() =>
      setTimeout(() => {
        if (!this.#isOver) work()
      }, this.#options.latencyMs)
    )
  }

  #lose(silentMs: number): void {
    if (this.#isOver) return
    this.#isOver = true
    const { process, over } = this.#options
    SimulatedProcess.outside(() => {
      setTimeout(() => process.deliver(() => this.#closed()), silentMs)
      setTimeout(over, this.#options.latencyMs)
    })
  }

  /** The server is told that it is closed: nothing waits any more. */
  #closed(): void {
    this.#waiting.length = 0
    this.#traffic.writableLength = 0
    this.emit('close')
  }
}

/** The texts of whole, unmasked frames. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
function textsOf(list: readonly Buffer[]): string[] {
  const bytes = Buffer.concat(list)
  const texts: string[] = []
  for (let at = 0; at < bytes.length;) {
    const short = bytes.readUInt8(at + 1)
    const [header, length] =
      short < 126
        ? [2, short]
        : short === 126
          ? [4, bytes.readUInt16BE(at + 2)]
          : [10, Number(bytes.readBigUInt64BE(at + 2))]
    texts.push(bytes.toString('utf8', at + header, at + header + length))
    at += header + length
  }
  return texts
}
