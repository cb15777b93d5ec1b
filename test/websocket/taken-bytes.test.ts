import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { takenBytes } from '../../lib/websocket/taken-bytes.ts'
import { until } from '../support/until.ts'

const BYTES = 30_000_000

/** Both ends of a connection. */
async function ends(t: Test, server: Server, event: string, open: (port: number) => Socket | TLSSocket) {
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const accepted = once(server, event) as Promise<[Socket]>
  const client = open((server.address() as AddressInfo).port)
  t.after(() => client.destroy())
  const [socket] = await accepted
  socket.on('error', () => {})
  return { socket, client }
}

/** TLS without certificates. */
const psk = Buffer.alloc(32, 'k')
const ciphers = 'PSK'

for (const [kind, begin] of Object.entries({
  TCP: (t: Test) => ends(t, createServer(), 'connection', (port) => connect(port, '127.0.0.1')),
  TLS: (t: Test) =>
    ends(t, createTlsServer({ ciphers, pskCallback: () => psk }), 'secureConnection', (port) =>
      connectTls({
        port,
        host: '127.0.0.1',
        ciphers,
        pskCallback: () => ({ psk, identity: 'client' }),
        checkServerIdentity: () => undefined
      })
    )
})) {
  t.test(`${kind}: the bytes of one large write are accepted step by step, as the client reads`, async (t) => {
    const { socket, client } = await begin(t)
    client.pause()
    socket.write(Buffer.alloc(BYTES))
    const before = takenBytes(socket)
    t.ok(before < BYTES, `${before} bytes are with the system`)
    const half = Promise.withResolvers<void>()
    let read = 0
    client.on('data', (chunk: Buffer) => {
      read += chunk.length
      if (read < BYTES / 2) return
      client.pause()
      half.resolve()
    })
    client.resume()
    await half.promise
    const between = takenBytes(socket)
    t.ok(between > before && socket.writableLength > 0, `${between} bytes`)
    client.removeAllListeners('data').resume()
    await until(() => socket.writableLength === 0)
    t.ok(takenBytes(socket) >= BYTES)
  })
}

t.test('without a handle of the system, bytes are counted by whole writes', (t) => {
  for (const handle of [undefined, null, {}]) {
    t.equal(takenBytes({ bytesWritten: 100, writableLength: 30, _handle: handle }), 70)
  }
  t.end()
})
