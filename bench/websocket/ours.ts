import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import app from '../../app.ts'
import { sampleEvent } from '../harness/sample-events.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY, type FanOutServer, Sequence } from './fan-out-server.ts'

/** Ours, with a database on disk: every event is durable before a socket gets it. */
const { event, data, sender, serverUrl } = sampleEvent('0.8 kB')
const sequence = new Sequence()
let server: FastifyInstance
let instances: readonly string[] = []

const ours: FanOutServer = {
  async listen({ namespaces, folder, selection }) {
    instances = namespaces
    server = Fastify()
    const eventLog = { url: `file:${join(folder, 'events.db')}` }
    await server.register(app, { apiKey: API_KEY, docs: false, sqs: false, eventLog })
    await server.ready()
    await Promise.all(instances.map((instance) => server.websocket.set(instance, { enabled: true, ...selection })))
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  burst(events) {
    for (const instance of instances) {
      for (let count = 0; count < events; count++) {
        const numbered = { n: sequence.next(instance), ...data }
        // Unhandled, its failure ends the process, and the benchmark.
        void server.onInstanceEvent({ instance, event, data: numbered, sender, serverUrl })
      }
    }
  }
}

serve(ours)
