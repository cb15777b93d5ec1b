import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify from 'fastify'
import app from '../../app.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY } from '../latency/live-server.ts'
import { type Publisher, publisherTo } from '../sqs/publisher.ts'
import { CREDENTIALS, REGION } from '../sqs/sender.ts'

export interface GrowthOptions {
  folder: string
  instances: readonly string[]
  /** Of SQS; absent: events are not sent there. */
  endpoint?: string
  /** Sockets are served. */
  sockets: boolean
}

let publisher: Publisher

const growthServer = {
  /** @returns the port */
  async listen({ folder, instances, endpoint, sockets }: GrowthOptions): Promise<number> {
    const server = Fastify()
    const global = { events: ['MESSAGES_UPSERT'] }
    await server.register(app, {
      apiKey: API_KEY,
      docs: false,
      eventLog: { url: `file:${join(folder, 'events.db')}`, maxPendingDeliveries: 2_000_000 },
      sqs: endpoint !== undefined && { endpoint, region: REGION, credentials: CREDENTIALS, global },
      websocket: sockets && { globalEvents: true }
    })
    await server.ready()
    // `/` needs no selection; the namespace of the first instance does.
    if (sockets) await server.websocket.set(instances[0] as string, { enabled: true })
    publisher = publisherTo({
      instances,
      store: server.eventLog.store,
      accept: (input) => server.onInstanceEvent(input)
    })
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  /** Publishes as fast as it can be handled, for so long. @returns how many */
  run: (ms: number) => publisher.run(ms),
  /** The same, for so many. */
  publish: (count: number) => publisher.publish(count),
  /** Resolves when nothing is under way. */
  settled: () => publisher.settled()
}

export type GrowthServer = typeof growthServer

serve(growthServer)
