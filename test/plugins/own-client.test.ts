import { EventEmitter, once } from 'node:events'
import { SQSClient } from '@aws-sdk/client-sqs'
import t from 'tap'
import type { SqsOptions } from '../../plugins/sqs.ts'
import { API_KEY, bare, build } from '../support/build.ts'
import app from '../../app.ts'

interface Command {
  constructor: { name: string }
  input: { QueueName: string; Entries: { Id: string; MessageBody: string }[] }
}

/** Answers as SQS does, and tells each message. */
function fake() {
  const heard = new EventEmitter()
  const send = async ({ constructor, input }: Command) => {
    if (constructor.name === 'GetQueueAttributesCommand') return { Attributes: { FifoQueue: 'true' } }
    if (constructor.name !== 'SendMessageBatchCommand') return { QueueUrl: `http://sqs.test/1/${input.QueueName}` }
    for (const { MessageBody } of input.Entries) heard.emit('message', JSON.parse(MessageBody))
    return { Successful: input.Entries.map(({ Id }) => ({ Id })), Failed: [] }
  }
  return { heard, send }
}

const clients: Record<string, (send: ReturnType<typeof fake>['send']) => NonNullable<SqsOptions['client']>> = {
  'an object with send alone': (send) => ({ send }),
  'an SQSClient whose send is stubbed': (send) => Object.assign(new SQSClient({ region: 'us-east-1' }), { send })
}

for (const [title, make] of Object.entries(clients)) {
  t.test(`${title} works as SQS client: events are sent, probes reply, and pages are served`, async (t) => {
    const { heard, send } = fake()
    const server = await build(t, { sqs: { client: make(send), global: { events: ['CALL'] } } })
    const headers = { apikey: API_KEY }
    for (const data of [1, 2]) {
      const message = once(heard, 'message')
      await server.onInstanceEvent({ instance: 'sales', event: 'call', data })
      t.match(await message, [{ data }])
    }
    const set = {
      method: 'POST',
      url: '/sqs/set/sales',
      headers,
      payload: { enabled: true, events: ['CALL'] }
    } as const
    t.match((await server.inject(set)).json(), { queues: [{ url: 'http://sqs.test/1/sales_call.fifo' }] })
    for (const url of ['/ready', '/metrics', '/overview', '/sqs/queues/sales'])
      t.equal((await server.inject({ url, headers })).statusCode, 200, url)
    await server.close()
  })
}

t.test('the AsyncAPI document of a server with such a client has a variable region', async (t) => {
  const server = await build(t, { docs: true, sqs: { client: fake(), global: { events: ['CALL'] } } })
  const { servers } = (await server.inject('/docs/asyncapi.json')).json<{ servers: { sqs: object } }>()
  t.match(servers.sqs, { host: 'sqs.{region}.amazonaws.com', variables: { region: {} } })
})

t.test('an object that is no SQS client is refused at registration', async (t) => {
  const server = bare(t)
  // @ts-expect-error a client has send
  const options: SqsOptions = { client: {} }
  server.register(app, { apiKey: API_KEY, eventLog: { url: ':memory:' }, sqs: options })
  await t.rejects(async () => server.ready(), { code: 'IEV_OPTIONS_INVALID', message: /client\.send: Expected/ })
})

t.test('a selection does not depend on the queue of events that the catalogue lacks', async (t) => {
  const { send } = fake()
  const client = {
    send: async (command: Command) => {
      if (command.input.QueueName === 'sales_unknown.fifo') throw new Error('SQS does not answer')
      return send(command)
    }
  }
  const server = await build(t, { sqs: { client } })
  const { queues } = await server.sqs.set('sales', { enabled: true })
  t.strictSame(queues.at(-1), { event: 'UNKNOWN', name: 'sales_unknown.fifo', url: null })
  t.equal(server.sqs.find('sales')?.enabled, true)
})
