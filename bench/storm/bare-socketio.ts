import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { Server } from 'socket.io'
import { LISTEN_BACKLOG } from '../../lib/standalone/listen-backlog.ts'
import { serve } from '../harness/serve.ts'
import type { StormServer } from './server.ts'

/** As Fastify keeps idle connections. */
const KEEP_ALIVE_MS = 72_000

/** Socket.IO with its defaults, without keys and without a log: an event is sent when it has come. */
const bareSocketIo: StormServer = {
  async listen({ namespaces }) {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      void publish(request).then(() => response.writeHead(202).end())
    })
    const io = new Server(server)
    // As our server says to sockets that have missed nothing.
    for (const name of namespaces)
      io.of(`/${name}`).on('connection', (socket) => socket.emit('resumed', { count: 0, complete: true }))
    async function publish(request: IncomingMessage): Promise<void> {
      const [, , instance = ''] = String(request.url).split('/')
      const { event, data } = (await json(request)) as { event: string; data: object }
      io.of(`/${instance}`).emit(event, { event, instance, data })
    }
    server.listen({ host: '127.0.0.1', port: 0, backlog: LISTEN_BACKLOG })
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
}

serve(bareSocketIo)
