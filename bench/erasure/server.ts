import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import app from '../../app.ts'
import { openStore } from '../../lib/store/open.ts'
import type { Place } from '../cluster/database.ts'
import { fill } from '../growth/seed.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY } from '../latency/live-server.ts'

const server = Fastify()

const erasureServer = {
  /** @returns the port */
  async listen(place: Place): Promise<number> {
    const store = await openStore(place)
    await server.register(app, { apiKey: API_KEY, docs: false, sqs: false, eventLog: { store } })
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  /** Writes so many events of an instance. Each names one of a hundred contacts, whose numbers begin at 5511900000000. */
  fill(instance: string, count: number): Promise<void> {
    const { store } = server.eventLog
    const text = 'x'.repeat(600)
    const dataOf = (place: number) => ({
      key: { remoteJid: `${5_511_900_000_000 + (place % 100)}@s.whatsapp.net` },
      text
    })
    return fill(store, { count, instances: [instance], queues: [], dataOf })
  },
  /** Lets sockets of an instance receive its events. */
  async select(instance: string): Promise<void> {
    await server.websocket.set(instance, { enabled: true })
  }
}

export type ErasureServer = typeof erasureServer

serve(erasureServer)
