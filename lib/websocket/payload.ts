/**
 * Packets of one namespace that leave together. They are encoded once, however many sockets get them: as text for
 * transports that take one packet at a time, and as one piece of WebSocket frames for those that take bytes.
 */
export class Payload {
  /** Encoded Socket.IO packets, in order. */
  readonly packets: readonly string[]
  #framed: { wsPreEncodedFrame: [Buffer] } | undefined

  constructor(packets: readonly string[]) {
    this.packets = packets
  }

  /** Of all frames. */
  get bytes(): number {
    return this.framed.wsPreEncodedFrame[0].length
  }

  /** All frames as the options of one Engine.IO packet. */
  get framed(): { wsPreEncodedFrame: [Buffer] } {
    return (this.#framed ??= { wsPreEncodedFrame: [textFrames(this.packets)] })
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
function textFrames(packets: readonly string[]): Buffer {
  const lengths = packets.map((packet) => Buffer.byteLength(packet) + 1)
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
