import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { serve } from '../harness/serve.ts'
import { event, Publisher, sender, serverUrl } from '../sqs/publisher.ts'
import type { LiveServer } from './live-server.ts'

/** Socket.IO with its defaults: without keys and without a log. */
let publisher: Publisher
let offset = 0

const bareSocketIo: LiveServer = {
  async listen({ namespaces }) {
    const server = createServer()
    const io = new Server(server)
    for (const name of namespaces) io.of(`/${name}`)
    publisher = new Publisher({
      instances: namespaces,
      publish(instance, data) {
        io.of(`/${instance}`).emit(event, {
          event,
          instance,
          data,
          server_url: serverUrl,
          date_time: new Date().toISOString(),
          sender,
          id: randomUUID(),
          offset: ++offset
        })
      },
      outstanding: () => 0
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },
  pace: (perSecond, ms) => publisher.pace(perSecond, ms)
}

serve(bareSocketIo)
