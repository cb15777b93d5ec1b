import dns from 'node:dns'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import websocket from '../../plugins/websocket.ts'
import { API_KEY } from '../support/build.ts'
import { connect } from '../support/sockets.ts'
import { soonOnce } from '../support/until.ts'

/** Gives `localhost` two addresses, as it has with IPv6: Fastify then creates a server for each. */
function twoAddresses(t: Test): void {
  const { lookup } = dns
  t.after(() => (dns.lookup = lookup))
  const both = [127, 128].map((last) => ({ address: `127.0.0.${last}`, family: 4 }))
  const fake = (name: string, options: object, done: (error: null, addresses: object[]) => void) =>
    name === 'localhost' ? done(null, both) : lookup(name, options, done as never)
  dns.lookup = fake as never
}

t.test('sockets connect to each address of localhost, by polling and by WebSocket', async (t) => {
  twoAddresses(t)
  const host = Fastify()
  t.after(() => host.close())
  await host.register(websocket, { apiKey: API_KEY, eventLog: { url: ':memory:' } })
  host.post('/own', async ({ body }) => body)
  await host.listen({ port: 0 })
  await host.websocket.set('sales', { enabled: true })
  const addresses = host.addresses()
  t.equal(addresses.length, 2)
  for (const { address, port } of addresses as AddressInfo[]) {
    const offer = { connection: 'Upgrade', upgrade: 'h2c', 'content-type': 'application/json' }
    const asked = request({ host: address, port, path: '/own', method: 'POST', headers: offer }).end('{"name":"sales"}')
    const [reply] = (await soonOnce(asked, 'response')) as [IncomingMessage]
    t.equal(reply.statusCode, 200, `${address} an offer of HTTP/2`)
    t.equal(String(await reply.toArray()), '{"name":"sales"}')
    for (const transport of ['polling', 'websocket']) {
      const { socket, until } = await connect(t, `http://${address}:${port}/sales`, API_KEY, {
        transports: [transport]
      })
      await host.websocket.emit({ instance: 'sales', event: 'call', data: transport })
      t.match(await until(1), [{ message: { data: transport } }], `${address} ${transport}`)
      socket.disconnect()
    }
  }
})
