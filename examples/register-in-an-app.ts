// Sends events of your own instances to SQS and sockets, from your own Fastify app.
//
//   SQS_ENDPOINT=http://127.0.0.1:4566 node examples/register-in-an-app.ts
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
    // On AWS leave these out: the SDK reads region and role from its environment.
    ...(SQS_ENDPOINT && {
      endpoint: SQS_ENDPOINT,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' }
    }),
    global: { events: ['MESSAGES_UPSERT'] }
  },
  websocket: { globalEvents: true }
})

// Your app submits an event wherever one happens. When this resolves, the event is on disk.
app.post('/simulate/:instance', async (request) => {
  const { instance } = request.params as { instance: string }
  return app.onInstanceEvent({ instance, event: 'messages.upsert', data: request.body })
})

console.log(`listening on ${await app.listen({ port: Number(PORT) })}`)

process.once('SIGTERM', () => void app.close())
