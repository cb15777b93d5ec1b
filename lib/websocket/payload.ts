import type { Chunk, Owner } from './buffer-budget.ts'

/** Frames as options of a packet of Engine.IO. */
interface Framed {
  readonly wsPreEncodedFrame: [Buffer]
}

/**
 * Packets of one namespace that leave together. They are encoded once, however many sockets get them: as text for
 * transports that take one packet at a time, and as one piece of WebSocket frames for those that take bytes.
 */
export class Payload {
  /** Encoded Socket.IO packets, in order. */
  readonly packets: readonly string[]
  readonly owner: Owner
  #lengths: readonly number[] | undefined
  #packet: { readonly options: Framed } | undefined
  #chunk: Chunk | undefined

  constructor(packets: readonly string[], owner: Owner = 'all') {
    this.packets = packets
    this.owner = owner
  }

  /** Of all frames. */
  get bytes(): number {
    return this.#dataLengths.reduce((sum, length) => sum + headerLength(length) + length, 0)
  }

  /** All frames as one packet of Engine.IO. */
  get framed(): { readonly options: Framed } {
    return (this.#packet ??= { options: { wsPreEncodedFrame: [textFrames(this.packets, this.#dataLengths)] } })
  }

  /** What connections keep that share the frames. */
  get chunk(): Chunk {
    return (this.#chunk ??= this.copy())
  }

  /** What a connection keeps that has the packets for itself. */
  copy(): Chunk {
    return { owner: this.owner, bytes: this.bytes, holders: 0 }
  }

  /** Bytes of the data of each frame. */
  get #dataLengths(): readonly number[] {
    return (this.#lengths ??= this.packets.map((packet) => Buffer.byteLength(packet) + 1))
  }
}

/**
 * A Socket.IO EVENT packet whose one argument is JSON text already: it is not walked and written again.
 * https://github.com/socketio/socket.io-protocol#packet-encoding
 */
export function eventPacket(namespace: string, event: string, json: string): string {
  return `2${namespace === '/' ? '' : `${namespace},`}[${JSON.stringify(event)},${json}]`
}

/** Engine.IO's packet type "message". https://github.com/socketio/engine.io-protocol#protocol */
const MESSAGE = 0x34
/** FIN, and the opcode of text. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
const FINAL_TEXT = 0x81
const MAX_SHORT = 125
const MAX_16_BIT = 0xffff

/** Unmasked, as servers send them. */
function textFrames(packets: readonly string[], lengths: readonly number[]): Buffer {
  const total = lengths.reduce((sum, length) => sum + headerLength(length) + length, 0)
  const frames = Buffer.allocUnsafe(total)
  let at = 0
  for (const [index, packet] of packets.entries()) {
    // As many lengths as packets.
    const length = lengths[index] as number
    at = writeHeader(frames, at, length)
    frames[at] = MESSAGE
    frames.write(packet, at + 1, 'utf8')
    at += length
  }
  return frames
}

function headerLength(length: number): number {
  return length <= MAX_SHORT ? 2 : length <= MAX_16_BIT ? 4 : 10
}

/** @returns where the frame's data begins */
function writeHeader(target: Buffer, at: number, length: number): number {
  target[at] = FINAL_TEXT
  if (length <= MAX_SHORT) {
    target[at + 1] = length
    return at + 2
  }
  if (length <= MAX_16_BIT) {
    target[at + 1] = 126
    return target.writeUInt16BE(length, at + 2)
  }
  target[at + 1] = 127
  return target.writeBigUInt64BE(BigInt(length), at + 2)
}
