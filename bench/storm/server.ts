import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
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

const loop = monitorEventLoopDelay({ resolution: 1 })

const stormServer = {
  /** Starts on a log. @returns the port */
  async listen(place: StormPlace): Promise<number> {
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
    loop.enable()
    return (server.server.address() as AddressInfo).port
  },
  /** Milliseconds for which the event loop was blocked, since the last call: 99 of 100. */
  blocked(): number {
    const ms = loop.percentile(99) / 1e6
    loop.reset()
    return ms
  }
}

export type StormServer = typeof stormServer

serve(stormServer)
