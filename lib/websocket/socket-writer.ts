import type { ServerResponse } from 'node:http'
import type { Socket as TcpSocket } from 'node:net'
import type { Socket } from 'socket.io'
import { WS_STALLED, WS_TOO_SLOW } from '../errors.ts'
import type { BufferBudget, Chunk } from './buffer-budget.ts'
import type { Payload } from './payload.ts'
import { takenBytes } from './taken-bytes.ts'

/** What is used of `ws`, where the connection is a WebSocket. */
interface WebSocketLike {
  /** Bytes that the system has not taken yet. */
  readonly bufferedAmount: number
  readonly _socket: TcpSocket
  close(code: number, reason: string): void
  terminate(): void
  once(event: 'close', listener: () => void): void
}

/** Members of Engine.IO's transports that not all have. */
export interface FrameTransport {
  readonly socket?: WebSocketLike
  /** The poll that waits for an answer, where the transport is polling. */
  readonly res?: ServerResponse | null
  /** Whether the WebSocket takes frames as they are; then `_sender` does. */
  _canSendPreEncodedFrame?(packet: object): this is Framing
}

interface Framing {
  readonly socket: WebSocketLike & {
    /** Writes what is framed already, in its turn with what the WebSocket sends itself. */
    readonly _sender: { sendFrame(list: readonly Buffer[]): void }
  }
}

/** What Engine.IO keeps to itself of how far it is with writing. */
interface Progress {
  readonly readyState: string
  readonly writeBuffer: readonly unknown[]
  readonly transport: { readonly writable: boolean }
}

export type CutOffReason = typeof WS_TOO_SLOW | typeof WS_STALLED

/** In the range that RFC 6455 leaves to applications. */
const CLOSE_CODES: Readonly<Record<CutOffReason, number>> = { [WS_TOO_SLOW]: 4008, [WS_STALLED]: 4009 }
/** For which a connection that is cut may still read why. */
const GRACE_MS = 5_000

export interface SocketWriterOptions {
  budget: BufferBudget
  /** Called when something begins to wait for the client; from then on `settle` is to be called. */
  waits: (writer: SocketWriter) => void
}

/**
 * Writes to one connection. What belongs together leaves in one write: Engine.IO sends a packet that brings its own
 * WebSocket frame as it is (Socket.IO's broadcasts use that), and nothing says that it must be one frame only. Where it
 * does not, packets go one by one.
 *
 * A client that reads costs no bookkeeping: its bytes are with the system when `send` returns. Others hold what they were
 * sent, in its order, until the system has taken it.
 */
export class SocketWriter {
  /** The first socket of the connection. */
  readonly socket: Socket
  readonly #connection: Socket['conn']
  readonly #options: SocketWriterOptions
  /** What the client has not made room for, as far as `settle` knows. */
  readonly #chunks: Chunk[] = []
  #chunkBytes = 0
  /** Bytes handed to Engine.IO that it has not handed on yet. */
  #waiting = 0
  /** Bytes that Engine.IO has handed on. */
  #flushed = 0
  /** Answers to polls that are being read, and their bytes. */
  readonly #answers = new Map<ServerResponse, number>()
  #isCut = false
  #lastTaken = 0
  #lastTakenAt = 0

  constructor(socket: Socket, options: SocketWriterOptions) {
    this.socket = socket
    this.#connection = socket.conn
    this.#options = options
    // https://github.com/socketio/engine.io#socket-1: what waited is on its way.
    this.#connection.on('flush', () => this.#flush())
  }

  /** Bytes that the other side has not made room for yet. */
  get buffered(): number {
    const waiting = this.#connection.readyState === 'closed' ? 0 : this.#waiting
    const answered = this.#answers.size === 0 ? 0 : this.#answers.values().reduce((sum, bytes) => sum + bytes, 0)
    return waiting + answered + (this.#transport.socket?.bufferedAmount ?? 0)
  }

  /** Whether something waited when it was last looked at. */
  get waits(): boolean {
    return this.#chunks.length > 0
  }

  /** Whether it sends the bytes that others send as well, rather than copies. */
  get sharesFrames(): boolean {
    return this.#transport.socket !== undefined
  }

  send(payload: Payload): void {
    const transport = this.#transport
    // oxlint-disable-next-line no-underscore-dangle
    if (!transport._canSendPreEncodedFrame?.(payload.framed)) {
      for (const packet of payload.packets) {
        this.#waiting += Buffer.byteLength(packet)
        this.#connection.write(packet)
      }
      if (this.buffered > 0) this.#keep(payload.copy())
    } else if (this.#idle) {
      const { socket } = transport
      // Engine.IO's bookkeeping for each packet is a fifth of what it costs to bring one event to one socket.
      // oxlint-disable-next-line no-underscore-dangle
      socket._sender.sendFrame(payload.framed.options.wsPreEncodedFrame)
      if (socket.bufferedAmount > 0) this.#keep(payload.chunk)
    } else {
      this.#waiting += payload.chunk.bytes
      // For whoever looks at packets: what is written is framed already. No payload is empty.
      this.#connection.write(payload.packets[0] as string, payload.framed.options as object)
      if (this.buffered > 0) this.#keep(payload.chunk)
    }
  }

  /** Gives back to the budget what the client has made room for. @returns whether something waits still */
  settle(): boolean {
    const { buffered } = this
    const left = this.#chunks.findIndex(({ bytes }) => {
      if (this.#chunkBytes - bytes < buffered) return true
      this.#chunkBytes -= bytes
      return false
    })
    for (const chunk of this.#chunks.splice(0, left < 0 ? Infinity : left)) this.#options.budget.release(chunk)
    return this.waits
  }

  /** Milliseconds in which the client has taken nothing. */
  idleMs(now: number): number {
    const taken = this.#taken
    if (taken !== this.#lastTaken) {
      this.#lastTaken = taken
      this.#lastTakenAt = now
    }
    return now - this.#lastTakenAt
  }

  /** Whether the connection was cut off: it is closed, or about to be. */
  get isCut(): boolean {
    return this.#isCut
  }

  /**
   * Cuts off a client that does not keep up. The reason is in the close frame, for a client that gets as far as reading
   * it; Socket.IO's clients come back by themselves.
   */
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

  /** Ends the connection at once. */
  end(): void {
    this.#transport.socket?.terminate()
    for (const answer of this.#answers.keys()) answer.destroy()
  }

  #keep(chunk: Chunk): void {
    const { budget, waits } = this.#options
    budget.hold(chunk)
    this.#chunkBytes += chunk.bytes
    if (this.#chunks.push(chunk) > 1) return
    this.#lastTaken = this.#taken
    this.#lastTakenAt = performance.now()
    waits(this)
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

  /** Nothing waits in Engine.IO that could be overtaken. */
  get #idle(): boolean {
    const { readyState, writeBuffer, transport } = this.#connection as unknown as Progress
    return readyState === 'open' && writeBuffer.length === 0 && transport.writable
  }

  /** Engine.IO declares less of its transports than they have; whatever is not there is not used. */
  get #transport(): FrameTransport {
    return this.#connection.transport as unknown as FrameTransport
  }
}
