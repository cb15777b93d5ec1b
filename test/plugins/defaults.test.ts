import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import instanceEvents from '../../plugins/instance-events.ts'
import sqs from '../../plugins/sqs.ts'
import websocket from '../../plugins/websocket.ts'
import { API_KEY, bare, folder } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'

/** A server in an empty working folder, and where its event log is to be. */
function inFolder(t: Test): { server: FastifyInstance; database: string } {
  const cwd = folder(t)
  const before = process.cwd()
  t.after(() => process.chdir(before))
  process.chdir(cwd)
  return { server: bare(t), database: join(cwd, 'data/instance-events.db') }
}

/** Variables by which the SDK finds SQS, until the test is over. */
function setEnvironment(t: Test, variables: Record<string, string>): void {
  const before = process.env
  t.after(() => {
    process.env = before
  })
  process.env = { ...before, ...variables }
}

t.test('the root plugin needs only its key, and calls SQS only once an event is selected for it', async (t) => {
  const sqs = await startSqs(t)
  const { endpoint, calls } = await startFaultProxy(t, sqs.options.endpoint)
  setEnvironment(t, {
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b'
  })
  const { server, database } = inFolder(t)
  await server.register(app, { apiKey: API_KEY })
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  t.ok(existsSync(database))
  t.equal((await server.inject('/docs')).statusCode, 200)

  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 'unselected' })
  await server.websocket.set('sales', { enabled: true })
  const { until } = await connect(t, `${url}/sales`, API_KEY)
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 'for sockets' })
  t.match(await until(1), [{ message: { data: 'for sockets', server_url: '' } }])
  t.strictSame(calls, [])

  await server.sqs.set('sales', { enabled: true, events: ['CALL'] })
  t.match(
    calls.filter(({ action }) => action === 'CreateQueue'),
    [{ body: { QueueName: 'sales_call.fifo' } }],
    'then it is, where the SDK finds it by itself'
  )
})

t.test('the instance-events plugin alone stores events in ./data', async (t) => {
  const { server, database } = inFolder(t)
  await server.register(instanceEvents)
  await server.ready()
  t.match(await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 }), { offset: 1 })
  t.ok(existsSync(database))
})

t.test('the sqs plugin alone stores events in ./data and finds SQS by the SDK’s own variables', async (t) => {
  const { options, bodies } = await startSqs(t)
  setEnvironment(t, {
    AWS_ENDPOINT_URL_SQS: options.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b'
  })
  const { server, database } = inFolder(t)
  await server.register(sqs)
  await server.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  t.equal(server.sqs.find('sales'), null)
  await server.sqs.set('sales', { enabled: true, events: ['CALL'] })
  await server.sqs.emit({ instance: 'sales', event: 'call', data: 1 })
  t.match(await bodies('sales_call.fifo', 1), [{ data: 1 }])
  t.ok(existsSync(database))
})

t.test('the websocket plugin alone stores events in ./data and authorizes tokens', async (t) => {
  const { server, database } = inFolder(t)
  await server.register(websocket)
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  await server.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  await server.websocket.set('sales', { enabled: true })
  const { until } = await connect(t, `${url}/sales`, 'token-of-sales')
  await server.websocket.emit({ instance: 'sales', event: 'call', data: 1 })
  t.match(await until(1), [{ event: 'call' }])
  t.ok(existsSync(database))
})
