import { join } from 'node:path'
import Fastify from 'fastify'
import sqs from '../../plugins/sqs.ts'
import { serve } from '../harness/serve.ts'
import { type Publisher, publisherTo } from './publisher.ts'
import { CREDENTIALS, REGION, type Sender } from './sender.ts'

/** Ours, with a database on disk: every event is durable before it is sent. */
let publisher: Publisher

const ours: Sender = {
  async start({ endpoint, folder, instances, ownQueues }) {
    const server = Fastify()
    await server.register(sqs, {
      endpoint,
      region: REGION,
      credentials: CREDENTIALS,
      global: ownQueues ? false : { events: ['MESSAGES_UPSERT'] },
      eventLog: { url: `file:${join(folder, 'events.db')}` }
    })
    await server.ready()
    if (ownQueues) {
      await Promise.all(instances.map((name) => server.sqs.set(name, { enabled: true, events: ['MESSAGES_UPSERT'] })))
    }
    publisher = publisherTo({
      instances,
      store: server.eventLog.store,
      accept: (input) => server.sqs.emit(input)
    })
  },
  run: (ms) => publisher.run(ms),
  pace: (perSecond, ms) => publisher.pace(perSecond, ms),
  settled: () => publisher.settled()
}

serve(ours)
