// Run by scripts/test-package.ts in an app that has the packed tarball.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import Fastify from 'fastify'
import { startFauxqs } from 'fauxqs'
import instanceEvents, { errors } from 'fastify-instance-events'
import eventLog from 'fastify-instance-events/event-log'
import sqs from 'fastify-instance-events/sqs'
import websocket from 'fastify-instance-events/websocket'
import { connectInstance } from 'fastify-instance-events/client'

const server = await startFauxqs({ port: 0, logger: false })
const aws = {
  endpoint: `http://127.0.0.1:${server.port}`,
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' }
}
const apiKey = 'key-of-the-package-test'

async function delivers(app, emit) {
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  await app.sqs.set('sales', { enabled: true, events: ['CALL'] })
  await app.websocket.set('sales', { enabled: true })
  const heard = new EventEmitter()
  const connection = connectInstance(`${url}/sales`, {
    apikey: apiKey,
    onEvent: (message) => void heard.emit('message', message),
    onResumed: () => heard.emit('resumed')
  })
  await once(heard, 'resumed')
  const arrival = once(heard, 'message')
  const { offset } = await emit({ instance: 'sales', event: 'call', data: { from: 'Maria' } })
  const [message] = await arrival
  assert.equal(message.offset, offset)
  while (server.inspectQueue('sales_call.fifo').messages.ready.length === 0) await new Promise(setImmediate)
  const [{ body }] = server.inspectQueue('sales_call.fifo').messages.ready
  assert.deepEqual(JSON.parse(body).data, { from: 'Maria' })
  connection.close()
  await app.close()
  server.reset()
}

const whole = Fastify()
await whole.register(instanceEvents, { apiKey, eventLog: { url: ':memory:' }, sqs: aws })
const paths = (await whole.inject('/docs/json')).json()
assert.equal(paths.info.title, 'fastify-instance-events')
assert.match(paths.info.version, /^\d+\.\d+\.\d+/)
const page = await whole.inject('/console/')
assert.equal(page.statusCode, 200, 'the console is in the package')
for (const [, asset] of page.body.matchAll(/"\.\/(assets\/[^"]+)"/g))
  assert.equal((await whole.inject(`/console/${asset}`)).statusCode, 200, asset)
await delivers(whole, (event) => whole.onInstanceEvent(event))

const parts = Fastify()
await parts.register(eventLog, { url: ':memory:' })
await parts.register(sqs, aws)
await parts.register(websocket, { apiKey })
await delivers(parts, (event) => parts.eventLog.accept(event))

assert.equal(new errors.InstanceNotFoundError('x').code, 'IEV_INSTANCE_NOT_FOUND')
await server.stop()
console.log('delivers')
