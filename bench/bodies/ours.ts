import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify from 'fastify'
import app from '../../app.ts'
import { serve } from '../harness/serve.ts'
import { API_KEY, type BodyServer, longestBlock } from './body-server.ts'

/** Ours, with a database on disk. */
const ours: BodyServer = {
  async listen({ folder }) {
    const server = Fastify()
    const eventLog = { url: `file:${join(folder, 'events.db')}` }
    await server.register(app, { apiKey: API_KEY, docs: false, sqs: false, eventLog })
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  longestBlock
}

serve(ours)
