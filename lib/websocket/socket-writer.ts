import type { ServerResponse } from 'node:http'
import type { Socket as TcpSocket } from 'node:net'
import type { Socket } from 'socket.io'
import { WS_STALLED, WS_TOO_SLOW } from '../errors.ts'
import type { BufferBudget, Chunk } from './buffer-budget.ts'
import type { Payload } from './payload.ts'
import { takenBytes } from './taken-bytes.ts'
import { UnreadChunks } from './unread-chunks.ts'
import { type CutOffReason, GRACE_MS, type Writer } from './writer.ts'

/** The members of a WebSocket of `ws` that are used here. */
interface WebSocketLike {
  /** Bytes that the system has not accepted yet. */
  readonly bufferedAmount: number
  readonly _socket: TcpSocket
  close(code: number, reason: string): void
  terminate(): void
  once(event: 'close', listener: () => void): void
}

/** Members of Engine.IO's transports, of which not all have each. */
export interface FrameTransport {
  readonly socket?: WebSocketLike
  /** The response to the open poll, if the transport is polling. */
  readonly res?: ServerResponse | null
  /** True if frames can be written to the WebSocket as they are, by its `_sender`. */
  _canSendPreEncodedFrame?(packet: object): this is Framing
}

interface Framing {
  readonly socket: WebSocketLike & {
    /** Writes frames, in order with what the WebSocket itself sends. */
    readonly _sender: { sendFrame(list: readonly Buffer[]): void }
  }
}

/** Private members of Engine.IO: whether it has something left to write. */
interface Progress {
  readonly readyState: string
  readonly writeBuffer: readonly unknown[]
  readonly transport: { readonly writable: boolean }
}

/** From the range that RFC 6455 leaves to applications. */
const CLOSE_CODES: Readonly<Record<CutOffReason, number>> = { [WS_TOO_SLOW]: 4008, [WS_STALLED]: 4009 }

export interface SocketWriterOptions {
  budget: BufferBudget
  /** Called when bytes begin to wait for the client. From then on, call `settle` until nothing waits. */
  waits: (writer: Writer) => void
}

/**
 * Writes to the connection of sockets. A payload leaves in one write: Engine.IO passes on a packet that has its own WebSocket frame
 * (Socket.IO's broadcasts use that), and accepts several frames as one. Where it does not, packets are sent one by one.
 *
 * A client that reads needs no bookkeeping: the system has its bytes when `send` returns. For other clients, chunks are held
 * in the order in which they were sent, until the system has accepted them.
 */
export class SocketWriter implements Writer {
  /** Namespace and id of the first socket of the connection. */
  readonly namespace: string
  readonly id: string
  readonly #connection: Socket['conn']
  readonly #options: SocketWriterOptions
  readonly #chunks: UnreadChunks
  /** Bytes that Engine.IO has not written yet. */
  #waiting = 0
  /** Bytes that Engine.IO has written. */
  #flushed = 0
  /** Responses to polls that are being read, with their bytes. */
  readonly #answers = new Map<ServerResponse, number>()
  #isCut = false

  constructor(socket: Socket, options: SocketWriterOptions) {
    this.namespace = socket.nsp.name
    this.id = socket.id
    this.#chunks = new UnreadChunks(options.budget)
    this.#connection = socket.conn
    this.#options = options
    // Engine.IO has written what waited. https://github.com/socketio/engine.io#socket-1
    this.#connection.on('flush', () => this.#flush())
  }

  get buffered(): number {
    const waiting = this.#connection.readyState === 'closed' ? 0 : this.#waiting
    const answered = this.#answers.size === 0 ? 0 : this.#answers.values().reduce((sum, bytes) => sum + bytes, 0)
    return waiting + answered + (this.#transport.socket?.bufferedAmount ?? 0)
  }

  get waits(): boolean {
    return this.#chunks.any
  }

  get sharesFrames(): boolean {
    return this.#transport.socket !== undefined
  }

  send(...payloads: readonly [Payload, ...Payload[]]): void {
    const transport = this.#transport
    // oxlint-disable-next-line no-underscore-dangle
    const takesFrames = transport._canSendPreEncodedFrame?.(payloads[0].framed) === true
    if (takesFrames && this.#idle) this.#write(transport.socket, payloads)
    else for (const payload of payloads) this.#pass(payload, { takesFrames })
  }

  /** Writes past Engine.IO: its bookkeeping for a packet is a fifth of the cost of one event to one socket. */
  #write(socket: Framing['socket'], payloads: readonly Payload[]): void {
    // oxlint-disable-next-line no-underscore-dangle
    const [tcp, sender] = [socket._socket, socket._sender]
    // Each write is a system call.
    if (payloads.length > 1) tcp.cork()
    for (const { framed } of payloads) sender.sendFrame(framed.options.wsPreEncodedFrame)
    if (payloads.length > 1) tcp.uncork()
    if (socket.bufferedAmount > 0) for (const { chunk } of payloads) this.#keep(chunk)
  }

  /** Passes a payload to Engine.IO. */
  #pass(payload: Payload, { takesFrames }: { takesFrames: boolean }): void {
    if (takesFrames) {
      this.#waiting += payload.chunk.bytes
      // The packet is for listeners of Engine.IO; the frames are what is written. No payload is empty.
      this.#connection.write(payload.packets[0] as string, payload.framed.options as object)
      if (this.buffered > 0) this.#keep(payload.chunk)
    } else {
      for (const packet of payload.packets) {
        this.#waiting += Buffer.byteLength(packet)
        this.#connection.write(packet)
      }
      if (this.buffered > 0) this.#keep(payload.copy())
    }
  }

  settle(): boolean {
    this.#chunks.settle(this.buffered)
    return this.waits
  }

  idleMs(now: number): number {
    return this.#chunks.idleMs(now, this.#taken)
  }

  get isCut(): boolean {
    return this.#isCut
  }

  /** Sends the reason in the close frame, which a client that still reads receives. Socket.IO's clients reconnect by themselves. */
  cutOff(reason: CutOffReason): void {
    this.#isCut = true
    const { socket } = this.#transport
    socket?.close(CLOSE_CODES[reason], reason)
    this.#connection.close(true)
    if (!socket) {
      this.end()
      return
    }
    const timer = setTimeout(() => this.end(), GRACE_MS)
    socket.once('close', () => clearTimeout(timer))
  }

  end(): void {
    this.#transport.socket?.terminate()
    for (const answer of this.#answers.keys()) answer.destroy()
  }

  #keep(chunk: Chunk): void {
    if (this.#chunks.keep(chunk, this.#taken)) this.#options.waits(this)
  }

  #flush(): void {
    const bytes = this.#waiting
    if (bytes === 0) return
    this.#waiting = 0
    this.#flushed += bytes
    const { res } = this.#transport
    if (!res) return
    this.#answers.set(res, bytes)
    res.once('close', () => this.#answers.delete(res))
  }

  get #taken(): number {
    // oxlint-disable-next-line no-underscore-dangle
    let taken = this.#flushed + (this.#transport.socket ? takenBytes(this.#transport.socket._socket) : 0)
    for (const { req } of this.#answers.keys()) taken += takenBytes(req.socket)
    return taken
  }

  /** True if no packet waits in Engine.IO, which a direct write would overtake. */
  get #idle(): boolean {
    const { readyState, writeBuffer, transport } = this.#connection as unknown as Progress
    return readyState === 'open' && writeBuffer.length === 0 && transport.writable
  }

  /** Engine.IO's declared type lacks these members; those that a transport does not have are not used. */
  get #transport(): FrameTransport {
    return this.#connection.transport as unknown as FrameTransport
  }
}
