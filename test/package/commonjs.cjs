// Run by scripts/test-package.ts in an app that has the packed tarball: what a CommonJS app does with it.
const assert = require('node:assert/strict')
const Fastify = require('fastify')
const instanceEvents = require('fastify-instance-events')
const { errors } = require('fastify-instance-events')
const eventLog = require('fastify-instance-events/event-log')
const sqs = require('fastify-instance-events/sqs')
const websocket = require('fastify-instance-events/websocket')
const { connectInstance } = require('fastify-instance-events/client')

async function main() {
  for (const plugin of [instanceEvents, instanceEvents.default]) {
    const app = Fastify()
    app.register(plugin, { apiKey: 'key-of-the-package-test', eventLog: { url: ':memory:' }, sqs: false })
    await app.ready()
    const { offset } = await app.onInstanceEvent({ instance: 'sales', event: 'call', data: { from: 'Maria' } })
    assert.equal(offset, 1)
    for (const url of ['/health', '/metrics', '/docs/json', '/console/'])
      assert.equal((await app.inject(url)).statusCode, 200, url)
    await app.close()
  }

  const parts = Fastify()
  parts.register(eventLog, { url: ':memory:' })
  parts.register(sqs, { region: 'us-east-1' })
  parts.register(websocket, { globalEvents: true })
  await parts.ready()
  assert.equal(parts.websocket.globalEvents, true)
  assert.deepEqual(parts.sqs.faults(), [])
  await parts.close()

  assert.equal(new errors.InstanceNotFoundError('x').code, 'IEV_INSTANCE_NOT_FOUND')
  assert.throws(() => connectInstance('ws://127.0.0.1', { apikey: 'k' }), TypeError)
  console.log(`can be required with Node.js ${process.version}`)
}

void main()
