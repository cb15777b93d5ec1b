import * as parser from 'socket.io-parser'
import t from 'tap'
import { socketMessage } from '../../lib/messages.ts'
import { RawJson, rawJsonParser } from '../../lib/websocket/raw-json.ts'
import { newEvent } from '../support/new-event.ts'

const ours = new rawJsonParser.Encoder()
const theirs = new parser.Encoder()
const NAMESPACES = ['/', '/sales', '/loja%20s%C3%A3o%2F1', '/a?b=c']
const TEXTS = ['', '"quoted" \\ \n\u0000', 'olá 💬', '\uD800', '\u2028', '],[', '_placeholder']

function event(nsp: string, data: unknown[], more: Partial<parser.Packet> = {}): parser.Packet {
  return { type: parser.PacketType.EVENT, nsp, data, ...more }
}

t.test('an event whose message is JSON already is encoded as Socket.IO would encode it', async (t) => {
  for (const nsp of NAMESPACES) {
    for (const text of TEXTS) {
      const json = socketMessage({
        ...newEvent({ data: JSON.stringify({ text, list: [1, null, { deep: true }] }), extra: '"isLatest":true' }),
        instance: text,
        offset: 7,
        instanceKey: 1,
        acceptedAt: 0
      })
      const name = `messages.upsert ${text}`
      t.strictSame(
        ours.encode(event(nsp, [name, new RawJson(json)])),
        theirs.encode(event(nsp, [name, JSON.parse(json)])),
        `${nsp} ${text}`
      )
    }
  }
})

t.test('a client reads it back', async (t) => {
  const decoder = new rawJsonParser.Decoder()
  const decoded: parser.Packet[] = []
  decoder.on('decoded', (packet: parser.Packet) => decoded.push(packet))
  for (const nsp of NAMESPACES.slice(0, 3)) {
    for (const part of ours.encode(event(nsp, ['call', new RawJson('{"text":"olá"}')]))) decoder.add(part)
  }
  t.match(
    decoded,
    NAMESPACES.slice(0, 3).map((nsp) => ({ type: parser.PacketType.EVENT, nsp, data: ['call', { text: 'olá' }] }))
  )
})

t.test('every other packet is left to Socket.IO', async (t) => {
  const packets = [
    event('/', ['call', { a: 1 }]),
    event('/sales', ['call']),
    event('/sales', ['call', { a: 1 }, 'more']),
    event('/sales', ['call', { a: 1 }], { id: 7 }),
    event('/', ['call', Buffer.from('binary')]),
    { type: parser.PacketType.CONNECT, nsp: '/sales', data: { sid: 'x' } },
    { type: parser.PacketType.DISCONNECT, nsp: '/sales', data: undefined },
    { type: parser.PacketType.CONNECT_ERROR, nsp: '/', data: { message: 'no' } },
    { type: parser.PacketType.ACK, nsp: '/', id: 3, data: [1] }
  ]
  // Encoding takes binary data out of the packet it is given.
  for (const packet of packets) {
    t.strictSame(ours.encode({ ...packet }), theirs.encode({ ...packet }), `type ${packet.type}`)
  }
})

t.test('a raw message in any other place is serialised like any object', async (t) => {
  const raw = new RawJson('{"a":[1]}')
  t.equal(JSON.stringify({ raw }), '{"raw":{"a":[1]}}')
  for (const packet of [event('/sales', ['call', raw], { id: 7 }), event('/', ['call', 1, raw])]) {
    const plain = { ...packet, data: JSON.parse(JSON.stringify(packet.data)) as unknown }
    t.strictSame(ours.encode(packet), theirs.encode(plain))
  }
})
