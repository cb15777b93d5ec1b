// Type-checked by scripts/test-package.ts in an app that has the packed tarball.
import Fastify from 'fastify'
import { connectInstance, type InstanceConnection } from 'fastify-instance-events/client'
import instanceEvents, {
  type AppOptions,
  type EmitResult,
  type EventFilter,
  type InstanceEventInput,
  type InstanceEventMap
} from 'fastify-instance-events'
import eventLog from 'fastify-instance-events/event-log'
import sqs from 'fastify-instance-events/sqs'
import websocket from 'fastify-instance-events/websocket'

const options: AppOptions = { apiKey: 'key-of-the-package-test', sqs: false }
const app = Fastify()
await app.register(instanceEvents, options)
const input: InstanceEventInput = { instance: 'sales', event: 'call', data: { from: 'Maria' } }
const result: EmitResult = await app.onInstanceEvent(input)
const offset: number = result.offset

const parts = Fastify()
await parts.register(eventLog, { url: ':memory:' })
await parts.register(sqs, { region: 'us-east-1', eventLog: {} })
await parts.register(websocket, { globalEvents: true })
const { queues } = await parts.sqs.set('sales', { enabled: true })
const urls: (string | null)[] = queues.map(({ url }) => url)
parts.io.of('/admin')
const filter: EventFilter = { key: { fromMe: [false], remoteJid: [{ suffix: '@s.whatsapp.net' }] } }
await parts.websocket.set('sales', { enabled: true, filter })
// @ts-expect-error a filter has lists of conditions
await parts.sqs.set('sales', { enabled: true, filter: { key: { fromMe: false } } })

const connection: InstanceConnection = connectInstance('ws://localhost:8080/sales', {
  apikey: 'key-of-the-package-test',
  events: ['messages.upsert'],
  filter,
  onEvent: async ({ event, data, offset }) => console.log(event, data, offset)
})
connectInstance('ws://localhost:8080/sales', {
  apikey: 'key-of-the-package-test',
  onEvent: (message) => {
    if (message.event !== 'messages.upsert') return
    const { conversation }: InstanceEventMap['messages.upsert']['message'] = message.data.message
    console.log(conversation?.toUpperCase())
    // @ts-expect-error a message has no such member
    console.log(message.data.converse)
  }
})
// @ts-expect-error without onEvent nobody would hear anything
connectInstance('ws://localhost:8080/sales', { apikey: 'key-of-the-package-test' })

// @ts-expect-error an option that there is not
await parts.register(sqs, { regoin: 'us-east-1' })
// @ts-expect-error an event has data
await app.onInstanceEvent({ instance: 'sales', event: 'call' })

export { connection, offset, urls }
