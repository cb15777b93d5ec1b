import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Encoder, PacketType } from 'socket.io-parser'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { eventPacket, Payload } from '../../lib/websocket/payload.ts'

/** What a real WebSocket client makes of bytes that a server writes. */
async function decoded(t: Test, bytes: Buffer, count: number): Promise<string[]> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  t.after(() => server.close())
  await once(server, 'listening')
  server.on('connection', (_socket, { socket }) => socket.write(bytes))
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(() => client.terminate())
  const messages: string[] = []
  const all = Promise.withResolvers<void>()
  client.on('error', all.reject)
  client.on('message', (data: Buffer, isBinary) => {
    messages.push(isBinary ? 'binary' : data.toString())
    if (messages.length === count) all.resolve()
  })
  await all.promise
  return messages
}

const frames = (packets: string[]) => new Payload(packets).framed.options.wsPreEncodedFrame[0]

t.test('a packet of any size is one text frame of Engine.IO’s type message', async (t) => {
  const sizes = [0, 1, 123, 124, 125, 126, 127, 65_533, 65_534, 65_535, 65_536, 65_537, 300_000]
  const packets = sizes.map((size) => 'x'.repeat(size))
  const wanted = sizes.map((size) => `4 and ${size} times x`)
  const described = (message = '') => `${message[0]} and ${/^.(x*)$/.exec(message)?.[1]?.length} times x`
  const alone = await Promise.all(packets.map((packet) => decoded(t, frames([packet]), 1)))
  t.strictSame(
    alone.map(([message]) => described(message)),
    wanted
  )
  t.strictSame((await decoded(t, frames(packets), packets.length)).map(described), wanted, 'as one buffer')
})

t.test('a frame is one final unmasked text frame of RFC 6455, whose head has one of three sizes', (t) => {
  const head = (size: number, bytes: number) => frames(['x'.repeat(size - 1)]).toString('hex', 0, bytes)
  t.strictSame(
    [head(125, 3), head(126, 5), head(65_535, 5), head(65_536, 11)],
    ['817d34', '817e007e34', '817effff34', '817f000000000001000034']
  )
  t.end()
})

t.test('the length of a frame is in bytes, not in characters', async (t) => {
  const packets = ['ã'.repeat(62), 'ã'.repeat(63), '😀'.repeat(31), 'é'.repeat(32_768), '\u0000\ud800', 'loja são/1']
  const messages = await Promise.all(packets.map((packet) => decoded(t, frames([packet]), 1)))
  // A lone surrogate has no UTF-8: it becomes U+FFFD, as everywhere.
  t.strictSame(
    messages.flat(),
    packets.map((packet) => `4${packet.toWellFormed()}`)
  )
})

t.test('packets of all sizes that are written as one buffer arrive one by one, in order', async (t) => {
  const packets = Array.from({ length: 300 }, (_, n) => `${n}:${'são'.repeat(n % 7 === 0 ? n * 200 : n)}`)
  const payload = new Payload(packets)
  const bytes = payload.framed.options.wsPreEncodedFrame[0]
  t.equal(payload.chunk.bytes, bytes.length)
  t.equal(payload.copy().bytes, Buffer.byteLength(packets.join('')))
  t.equal(payload.framed, payload.framed, 'they are encoded once')
  const messages = await decoded(t, bytes, packets.length)
  t.strictSame(
    messages,
    packets.map((packet) => `4${packet}`)
  )
})

t.test('a payload without packets has no bytes', (t) => {
  const payload = new Payload([])
  t.strictSame([payload.bytes, payload.chunk.bytes], [0, 0])
  t.end()
})

t.test('an event is encoded as Socket.IO encodes it', (t) => {
  const encoder = new Encoder()
  const all = ['/', '/sales', '/loja%20s%C3%A3o%2F1', '/loja são/1', '/a"b\\c'].flatMap((namespace) =>
    ['messages.upsert', 'group-participants.update', 'a"b', '😀'].flatMap((event) =>
      [null, 1, 'text, with [brackets] "and quotes"', { a: [{ b: 'são' }], c: {} }, []].map((data) => ({
        namespace,
        event,
        data
      }))
    )
  )
  t.strictSame(
    all.map(({ namespace, event, data }) => eventPacket(namespace, event, JSON.stringify(data))),
    all.flatMap(({ namespace, event, data }) =>
      encoder.encode({ type: PacketType.EVENT, nsp: namespace, data: [event, data] })
    )
  )
  t.end()
})
