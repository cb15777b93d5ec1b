import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import app from '../../app.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY, type IngestServer } from './ingest-server.ts'

/** Ours, with a database on disk: what is answered is durable. */
let server: FastifyInstance
let checked = 0
/** The last number of each connection. */
const last = new Map<number, number>()

const ours: IngestServer = {
  async listen({ folder }) {
    server = Fastify()
    const eventLog = { url: `file:${join(folder, 'events.db')}` }
    await server.register(app, { apiKey: API_KEY, docs: false, sqs: false, eventLog })
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  async taken() {
    let count = 0
    for (;;) {
      const page = await server.eventLog.store.log.read({ after: checked, limit: 1_000 })
      if (page.length === 0) return count
      for (const { data } of page) check(JSON.parse(data) as { c: number; n: number })
      count += page.length
      checked = page.at(-1)?.offset ?? checked
    }
  }
}

/** The events of one connection are in the log as they were sent, none left out. */
function check({ c, n }: { c: number; n: number }): void {
  const before = last.get(c)
  if (before !== undefined && n !== before + 1) throw new Error(`Connection ${c}: after event ${before} came ${n}`)
  last.set(c, n)
}

serve(ours)
