import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Namespace, Server } from 'socket.io'
import { serve } from '../harness/serve.ts'
import { bareMessage } from './bare-message.ts'
import type { FanOutServer } from './fan-out-server.ts'

/** Socket.IO with its defaults: without keys and without a log. */
let namespaces: [string, Namespace][] = []

const bareSocketIo: FanOutServer = {
  async listen({ namespaces: names }) {
    const server = createServer()
    const io = new Server(server)
    namespaces = names.map((name) => [name, io.of(`/${name}`)])
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },
  burst(events) {
    for (const [name, namespace] of namespaces) {
      for (let count = 0; count < events; count++) namespace.emit(...bareMessage(name))
    }
  }
}

serve(bareSocketIo)
