// Instances of your own, in a Fastify app of your own: their events go to SQS and to sockets.
//
//   SQS_ENDPOINT=http://localhost:4566 API_KEY=change-me-please node examples/register-in-an-app.ts
import Fastify from 'fastify'
// In your app: import instanceEvents from 'fastify-instance-events'
import instanceEvents from '../app.ts'

const { SQS_ENDPOINT, API_KEY = 'change-me-please', PORT = '3000' } = process.env

const app = Fastify({ logger: { level: 'warn' } })

await app.register(instanceEvents, {
  apiKey: API_KEY,
  prefix: '/events-hub',
  eventLog: { url: 'file:./data/events.db' },
  sqs: {
    // On AWS leave these out: the SDK finds region and role by itself.
    ...(SQS_ENDPOINT && {
      endpoint: SQS_ENDPOINT,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' }
    }),
    global: { events: ['MESSAGES_UPSERT'] }
  },
  websocket: { globalEvents: true }
})

// Wherever your app learns of something, it says so. When this resolves, the event is on disk.
app.post('/simulate/:instance', async (request) => {
  const { instance } = request.params as { instance: string }
  return app.onInstanceEvent({ instance, event: 'messages.upsert', data: request.body })
})

console.log(`listening on ${await app.listen({ port: Number(PORT) })}`)

process.once('SIGTERM', () => void app.close())
