import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify from 'fastify'
import app from '../../app.ts'
import { serve } from '../harness/serve.ts'
import { event, Publisher, sender, serverUrl } from '../sqs/publisher.ts'
import { API_KEY, type LiveServer } from './live-server.ts'

/** Ours, with a database on disk: every event is durable before a socket gets it. */
let publisher: Publisher

const ours: LiveServer = {
  async listen({ namespaces, folder }) {
    const server = Fastify()
    const eventLog = { url: `file:${join(folder, 'events.db')}` }
    await server.register(app, { apiKey: API_KEY, docs: false, sqs: false, eventLog })
    await server.ready()
    await Promise.all(namespaces.map((name) => server.websocket.set(name, { enabled: true })))
    publisher = new Publisher({
      instances: namespaces,
      publish(instance, data) {
        // Unhandled, its failure ends the process, and the benchmark.
        void server.onInstanceEvent({ instance, event, data, sender, serverUrl })
      },
      outstanding: () => 0
    })
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  pace: (perSecond, ms) => publisher.pace(perSecond, ms)
}

serve(ours)
