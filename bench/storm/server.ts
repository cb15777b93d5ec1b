import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import app from '../../app.ts'
import { openStore } from '../../lib/store/open.ts'
import { LISTEN_BACKLOG } from '../../lib/standalone/listen-backlog.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY } from '../latency/live-server.ts'

/** Of a store. */
export interface StormPlace {
  url: string
  schema?: string
}

/** Methods that each of the compared servers has. */
export interface StormServer {
  /** Starts on a log, with these namespaces. @returns the port */
  listen(options: { place: StormPlace; namespaces: readonly string[] }): Promise<number>
}

const stormServer: StormServer = {
  async listen({ place }) {
    const store = await openStore(place)
    const server = Fastify()
    await server.register(app, {
      apiKey: API_KEY,
      docs: false,
      sqs: false,
      eventLog: { store },
      websocket: { globalEvents: true }
    })
    await server.listen({ host: '127.0.0.1', port: 0, backlog: LISTEN_BACKLOG })
    return (server.server.address() as AddressInfo).port
  }
}

serve(stormServer)
