import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import t from 'tap'
import { shareUpgrades } from '../../lib/websocket/share-upgrades.ts'

t.test('on a Node.js whose servers are not asked, upgrades are shared and unknown ones ended, too', async (t) => {
  const server = createServer() as ReturnType<typeof createServer> & { shouldUpgradeCallback?: unknown }
  const { shouldUpgradeCallback } = server
  delete server.shouldUpgradeCallback
  const answer = (text: string) => (_request: IncomingMessage, socket: Duplex) =>
    socket.end(`HTTP/1.1 403 ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  await shareUpgrades(server).add('/socket.io/', async () => {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      if (request.url?.startsWith('/socket.io/')) answer('Socket.IO')(request, socket)
    })
  })
  // This one asks, and must.
  if (shouldUpgradeCallback) server.shouldUpgradeCallback = shouldUpgradeCallback
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const ask = async (path: string) => {
    const asked = request({ port, path, headers: { connection: 'Upgrade', upgrade: 'websocket' } }).end()
    const [{ statusCode, statusMessage }] = (await once(asked, 'response')) as [IncomingMessage]
    return `${statusCode} ${statusMessage}`
  }

  t.equal(await ask('/socket.io/?EIO=4'), '403 Socket.IO')
  t.equal(await ask('/other'), '404 Not Found')
  const others = answer('Other')
  server.on('upgrade', others)
  t.equal(await ask('/socket.io/?EIO=4'), '403 Socket.IO')
  t.equal(await ask('/other'), '403 Other')
  server.removeListener('upgrade', others)
  t.equal(await ask('/other'), '404 Not Found')
})
