import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import app from '../../app.ts'
import { serve } from '../harness/serve.ts'
import { InOrder } from './in-order.ts'
import { API_KEY, type IngestServer } from './ingest-server.ts'

/** Limits that the load does not reach, so that only their cost is seen. */
const LIMITS = { instanceEventsPerSecond: 1e9, instanceBytesPerSecond: 1e12, instanceRetainedBytes: 1e15 }

/** Ours, with a database on disk: events are durable before the answer. */
let server: FastifyInstance
let checked = 0
const order = new InOrder()

const ours: IngestServer = {
  async listen({ folder, limits = false }) {
    server = Fastify()
    const eventLog = { url: `file:${join(folder, 'events.db')}`, ...(limits && LIMITS) }
    await server.register(app, { apiKey: API_KEY, docs: false, sqs: false, eventLog })
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  async taken() {
    let count = 0
    for (;;) {
      const page = await server.eventLog.store.log.read({ after: checked, limit: 1_000 })
      if (page.length === 0) return count
      for (const { data } of page) order.check(data)
      count += page.length
      checked = page.at(-1)?.offset ?? checked
    }
  }
}

serve(ours)
