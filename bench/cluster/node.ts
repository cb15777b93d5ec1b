import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import app from '../../app.ts'
import { openStore } from '../../lib/store/open.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY } from '../latency/live-server.ts'
import { event, Publisher, sender, serverUrl } from '../sqs/publisher.ts'
import type { Place } from './database.ts'

/** One of the nodes: the whole app but SQS. */
let server: FastifyInstance
let publisher: Publisher
let outstanding = 0

const node = {
  /** @returns the port */
  async listen({ instances, ...place }: Place & { instances: readonly string[] }): Promise<number> {
    const store = await openStore(place)
    server = Fastify()
    await server.register(app, { apiKey: API_KEY, docs: false, sqs: false, eventLog: { store } })
    await server.listen({ host: '127.0.0.1', port: 0 })
    publisher = new Publisher({
      instances,
      publish(instance, data) {
        outstanding++
        // Unhandled, its failure ends the process, and the benchmark.
        void server.onInstanceEvent({ instance, event, data, sender, serverUrl }).then(() => outstanding--)
      },
      outstanding: () => outstanding,
      limit: 4_000
    })
    return (server.server.address() as AddressInfo).port
  },
  async select(names: readonly string[]): Promise<void> {
    for (const name of names) await server.websocket.set(name, { enabled: true })
  },
  /** As fast as it goes, for so long. @returns how many, once all are durable */
  async run(ms: number): Promise<number> {
    const count = await publisher.run(ms)
    await publisher.settled()
    return count
  },
  pace: (perSecond: number, ms: number): Promise<number> => publisher.pace(perSecond, ms)
}

export type Node = typeof node

serve(node)
