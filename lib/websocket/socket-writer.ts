import type { Socket } from 'socket.io'
import { WS_TOO_SLOW } from '../errors.ts'
import type { Payload } from './payload.ts'

type Connection = Socket['conn']

/** What is used of `ws`, where the connection is a WebSocket. */
interface WebSocketLike {
  /** Bytes that the system has not taken yet. */
  readonly bufferedAmount: number
  close(code: number, reason: string): void
  terminate(): void
  once(event: 'close', listener: () => void): void
}

/** What Engine.IO's WebSocket transport has and others have not. */
export interface FrameTransport {
  readonly socket?: WebSocketLike
  /** Whether the WebSocket takes frames as they are; then `_sender` does. */
  _canSendPreEncodedFrame?(packet: object): this is Framing
}

interface Framing {
  readonly socket: {
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

/** In the range that RFC 6455 leaves to applications. */
const TOO_SLOW_CODE = 4008
/** For which a connection that is cut may still read why. */
const GRACE_MS = 5_000

/**
 * The way out of one connection. What belongs together leaves in one write: Engine.IO sends a packet that brings its
 * own WebSocket frame as it is (Socket.IO's broadcasts use that), and nothing says that it must be one frame only.
 * Where it does not, packets go one by one.
 */
export class SocketWriter {
  readonly #connection: Connection
  /** Bytes handed to Engine.IO that it has not handed on yet. */
  #waiting = 0

  constructor(connection: Connection) {
    this.#connection = connection
    // https://github.com/socketio/engine.io#socket-1: what waited is on its way.
    connection.on('flush', () => {
      this.#waiting = 0
    })
  }

  /** Bytes that the other side did not make room for yet. */
  get buffered(): number {
    return this.#waiting + (this.#transport.socket?.bufferedAmount ?? 0)
  }

  send(payload: Payload): void {
    const transport = this.#transport
    // oxlint-disable-next-line no-underscore-dangle
    if (!transport._canSendPreEncodedFrame?.({ options: payload.framed })) {
      for (const packet of payload.packets) {
        this.#waiting += Buffer.byteLength(packet)
        this.#connection.write(packet)
      }
    } else if (this.#idle) {
      // Its bookkeeping for each packet is a fifth of what it costs to bring one event to one socket.
      // oxlint-disable-next-line no-underscore-dangle
      transport.socket._sender.sendFrame(payload.framed.wsPreEncodedFrame)
    } else {
      this.#waiting += payload.bytes
      // For whoever looks at packets: what is written is framed already. No payload is empty.
      this.#connection.write(payload.packets[0] as string, payload.framed as object)
    }
  }

  /**
   * Ends the connection of a client that does not keep up. The reason is in the close frame, for a client that gets as
   * far as reading it; Socket.IO's clients come back by themselves.
   * @param closed told when the connection is gone
   * @returns ends it at once
   */
  cutOff(closed: () => void): () => void {
    const { socket } = this.#transport
    if (!socket) {
      this.#connection.close(true)
      closed()
      return () => {}
    }
    socket.close(TOO_SLOW_CODE, WS_TOO_SLOW)
    this.#connection.close(true)
    const timer = setTimeout(() => socket.terminate(), GRACE_MS)
    socket.once('close', () => {
      clearTimeout(timer)
      closed()
    })
    return () => socket.terminate()
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
