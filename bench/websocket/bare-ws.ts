import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { serve } from '../harness/serve.ts'
import { bareMessage } from './bare-message.ts'
import type { FanOutServer } from './fan-out-server.ts'

/** `ws` alone: the path is the namespace; without pings, keys and a log. */
const clients = new Map<string, Set<WebSocket>>()

const bareWs: FanOutServer = {
  async listen({ namespaces }) {
    for (const name of namespaces) clients.set(name, new Set())
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    server.on('connection', (socket, { url = '' }) => {
      const others = clients.get(url.slice(1))
      others?.add(socket)
      socket.on('close', () => others?.delete(socket))
    })
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },
  burst(events) {
    for (const [name, sockets] of clients) {
      for (let count = 0; count < events; count++) {
        const text = JSON.stringify(bareMessage(name))
        for (const socket of sockets) socket.send(text)
      }
    }
  }
}

serve(bareWs)
