import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify from 'fastify'
import app from '../../app.ts'
import { serve } from '../harness/serve.ts'
import { CREDENTIALS, REGION } from '../sqs/sender.ts'
import { API_KEY, type BodyServer, BUCKET, longestBlock, peakRss } from './body-server.ts'

/** Ours, with a database on disk. */
const ours: BodyServer = {
  async listen({ folder, aws: endpoint }) {
    const server = Fastify()
    const eventLog = { url: `file:${join(folder, 'events.db')}` }
    const target = { region: REGION, credentials: CREDENTIALS, ...(endpoint !== undefined && { endpoint }) }
    const sqs = endpoint !== undefined && {
      ...target,
      global: { singleQueue: true },
      s3: { ...target, bucket: BUCKET }
    }
    // One instance, which has half of it, posts up to 16 bodies of 9 MB at once.
    const bodiesLimit = 512 * 1_048_576
    await server.register(app, { apiKey: API_KEY, docs: false, bodiesLimit, sqs, eventLog })
    await server.listen({ host: '127.0.0.1', port: 0 })
    return (server.server.address() as AddressInfo).port
  },
  longestBlock,
  peakRss
}

serve(ours)
