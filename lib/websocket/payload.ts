import * as ws from 'ws'
import type { Chunk, Owner } from './buffer-budget.ts'
import type { Encoding } from './encoding.ts'

/** Frames as options of a packet of Engine.IO. */
interface Framed {
  readonly wsPreEncodedFrame: [Buffer]
}

export interface PayloadOptions {
  /** @default 'all' */
  owner?: Owner
  /** Joins the packets into bytes. @default as WebSocket frames */
  join?: Encoding['join']
}

/**
 * Packets of one namespace that leave together. They are encoded once, however many clients receive them: as text for
 * transports that take one packet at a time, and as one buffer for those that take bytes.
 */
export class Payload {
  /** Encoded Socket.IO packets, in order. */
  readonly packets: readonly string[]
  readonly owner: Owner
  readonly #join: Encoding['join']
  #bytes: number | undefined
  #joined: Buffer | undefined
  #packet: { readonly options: Framed } | undefined
  #chunk: Chunk | undefined

  constructor(packets: readonly string[], { owner = 'all', join = textFrames }: PayloadOptions = {}) {
    this.packets = packets
    this.owner = owner
    this.#join = join
  }

  /** Bytes of all packets, without the heads of frames. */
  get bytes(): number {
    return (this.#bytes ??= this.packets.reduce((sum, packet) => sum + Buffer.byteLength(packet), 0))
  }

  /** All packets in one buffer. */
  get joined(): Buffer {
    return (this.#joined ??= this.#join(this.packets))
  }

  /** The buffer as one packet of Engine.IO, which frames are in. */
  get framed(): { readonly options: Framed } {
    return (this.#packet ??= { options: { wsPreEncodedFrame: [this.joined] } })
  }

  /** The buffer, which all connections share that keep it. */
  get chunk(): Chunk {
    return (this.#chunk ??= { owner: this.owner, bytes: this.joined.length, holders: 0 })
  }

  /** True if a connection holds the buffer, so that others share its bytes. */
  get isHeld(): boolean {
    return (this.#chunk?.holders ?? 0) > 0
  }

  /** The packets, as one connection keeps them for itself. */
  copy(): Chunk {
    return { owner: this.owner, bytes: this.bytes, holders: 0 }
  }
}

/** Packets of Socket.IO in WebSocket frames. */
export const PACKETS: Encoding = {
  name: 'packets',
  event: (namespace, { name, json }) => eventPacket(namespace, name, json),
  notification: (namespace, [name, message]) => eventPacket(namespace, name, JSON.stringify(message)),
  join: textFrames
}

/**
 * A Socket.IO EVENT packet whose one argument is JSON text already: it is not walked and written again.
 * https://github.com/socketio/socket.io-protocol#packet-encoding
 */
export function eventPacket(namespace: string, event: string, json: string): string {
  return `2${namespace === '/' ? '' : `${namespace},`}[${JSON.stringify(event)},${json}]`
}

/** Engine.IO's packet type "message". https://github.com/socketio/engine.io-protocol#protocol */
const MESSAGE = '4'
/** Text in one frame, unmasked as servers send it. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
const TEXT = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true }

/** Exported by `ws`, but not declared by its types. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: typeof TEXT): Buffer[] } }

function textFrames(packets: readonly string[]): Buffer {
  const parts: Buffer[] = []
  // In a loop: `flatMap` takes half as long again for one packet, which most payloads have.
  for (const packet of packets) parts.push(...Sender.frame(Buffer.from(MESSAGE + packet), TEXT))
  return Buffer.concat(parts)
}
