import * as parser from 'socket.io-parser'

/** JSON text that goes onto the wire as it is. */
export class RawJson {
  readonly json: string

  constructor(json: string) {
    this.json = json
  }

  /** For whoever serialises it by other means. */
  toJSON(): unknown {
    return JSON.parse(this.json)
  }
}

/**
 * Socket.IO's own encoder, but for events whose argument is `RawJson`: those were serialised when they were accepted,
 * and are not walked and written again for each namespace. The wire format is Socket.IO's, so clients need nothing.
 * https://github.com/socketio/socket.io-protocol#packet-encoding
 */
class Encoder extends parser.Encoder {
  override encode(packet: parser.Packet): unknown[] {
    const { type, nsp, id, data } = packet
    if (type === parser.PacketType.EVENT && id === undefined && Array.isArray(data) && data[1] instanceof RawJson) {
      const namespace = nsp === '/' ? '' : `${nsp},`
      return [`${type}${namespace}[${JSON.stringify(data[0])},${data[1].json}]`]
    }
    return super.encode(packet)
  }
}

/** For Socket.IO's `parser` option. */
export const rawJsonParser = { Encoder, Decoder: parser.Decoder }
