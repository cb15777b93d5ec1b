import {
  ListQueueTagsCommand,
  ReceiveMessageCommand,
  type ServiceInputTypes,
  type SQSClient
} from '@aws-sdk/client-sqs'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { SqsCalls } from '../../lib/sqs/calls.ts'
import { type KeptQueues, QueueProvisioner, type ProvisionerOptions } from '../../lib/sqs/provisioner.ts'
import type { KnownQueue, QueueStore } from '../../lib/store/queue-store.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const { log } = Fastify()
const callsOf = (client: SQSClient) => new SqsCalls({ client, deadlineMs: 10_000 })
const SALES_CALL = { name: 'sales_call.fifo', instance: 'sales', event: 'CALL' }
const FIFO = { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }

/** A provisioner on an emulator of its own. `fail` makes a call fail as AWS would; the emulator denies nobody. */
async function start(t: Test, options: Partial<ProvisionerOptions> = {}) {
  const sqs = await startSqs(t)
  const calls: { command: string; input: ServiceInputTypes }[] = []
  const failing = new Map<string, string>()
  sqs.client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        const command = commandName.replace('Command', '')
        calls.push({ command, input: args.input })
        const name = failing.get(command)
        if (name !== undefined) throw Object.assign(new Error('as asked'), { name, $metadata: { httpStatusCode: 403 } })
        return next(args)
      },
    { step: 'initialize' }
  )
  const provisioner = new QueueProvisioner({ calls: callsOf(sqs.client), type: 'fifo', log, ...options })
  return {
    provisioner,
    ...sqs,
    commands: () => calls.map(({ command }) => command),
    inputs: () => calls.map(({ input }) => input),
    fail: (command: string, name: string) => failing.set(command, name),
    heal: () => failing.clear(),
    tags: async (QueueUrl: string) => (await sqs.client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags
  }
}

t.test('a queue is created with its attributes and tags', async (t) => {
  const { provisioner, server, tags } = await start(t)
  const url = await provisioner.ensure(SALES_CALL)
  const queue = server.inspectQueue(SALES_CALL.name)
  t.equal(url, queue?.url)
  t.equal(provisioner.url(SALES_CALL.name), url)
  t.match(queue?.attributes, FIFO)
  t.strictSame(await tags(url), { 'managed-by': 'fastify-instance-events', instance: 'sales', event: 'CALL' })
})

t.test('tags have only characters that AWS accepts, and no empty values', async (t) => {
  const { provisioner, tags } = await start(t)
  const odd = await provisioner.ensure({ name: 'odd.fifo', instance: 'loja são/1 "💬" <&>', event: 'CALL' })
  t.match(await tags(odd), { instance: 'loja são/1 ___ ___' })
  const shared = await provisioner.ensure({ name: 'global_singlequeue.fifo' })
  t.strictSame(await tags(shared), { 'managed-by': 'fastify-instance-events' })
})

t.test('a standard queue has no attributes of FIFO queues', async (t) => {
  const { provisioner, inputs, server } = await start(t, { type: 'standard' })
  await provisioner.ensure({ ...SALES_CALL, name: 'sales_call' })
  t.match(inputs()[1], { QueueName: 'sales_call', Attributes: {} })
  t.notOk(server.inspectQueue('sales_call')?.attributes.FifoQueue)
})

t.test('callers that want the same queue share one call, and a forgotten queue is looked up again', async (t) => {
  const { provisioner, commands, server } = await start(t)
  const urls = await Promise.all(Array.from({ length: 20 }, () => provisioner.ensure(SALES_CALL)))
  t.equal(new Set(urls).size, 1)
  t.equal(await provisioner.ensure(SALES_CALL), urls[0])
  t.strictSame(commands(), ['GetQueueUrl', 'CreateQueue', 'GetQueueAttributes'])

  server.deleteQueue(SALES_CALL.name)
  provisioner.forget(SALES_CALL.name)
  t.equal(provisioner.url(SALES_CALL.name), undefined)
  t.equal(await provisioner.ensure(SALES_CALL), urls[0])
  t.ok(server.inspectQueue(SALES_CALL.name))
})

t.test('the limit of new queues is asked for once, that of others each time', async (t) => {
  const { provisioner, commands, server } = await start(t)
  await provisioner.ensure(SALES_CALL)
  await provisioner.ensure({ name: 'second.fifo' })
  t.strictSame(commands(), ['GetQueueUrl', 'CreateQueue', 'GetQueueAttributes', 'GetQueueUrl', 'CreateQueue'])
  t.equal(provisioner.maxBytes('second.fifo'), 1_048_576)
  server.createQueue('third.fifo', { attributes: { ...FIFO, MaximumMessageSize: '2048' } })
  await provisioner.ensure({ name: 'third.fifo' })
  t.equal(provisioner.maxBytes('third.fifo'), 2_048)
})

t.test('a queue that an earlier run created is found again', async (t) => {
  const { provisioner, client } = await start(t)
  const url = await provisioner.ensure(SALES_CALL)
  t.equal(await new QueueProvisioner({ calls: callsOf(client), type: 'fifo', log }).ensure(SALES_CALL), url)
})

t.test('a queue with other attributes is used as it is, and not changed', async (t) => {
  const { provisioner, server, tags } = await start(t)
  const attributes = { FifoQueue: 'true', ContentBasedDeduplication: 'true', DeduplicationScope: 'queue' }
  const { queueUrl } = server.createQueue(SALES_CALL.name, { attributes, tags: { owner: 'terraform' } })
  t.equal(await provisioner.ensure(SALES_CALL), queueUrl)
  t.match(server.inspectQueue(SALES_CALL.name)?.attributes, attributes)
  t.strictSame(await tags(queueUrl), { owner: 'terraform' })
})

t.test('existing queues are used without the right to create queues', async (t) => {
  const { provisioner, server, fail, inputs } = await start(t, { accountId: '000000000000' })
  const { queueUrl } = server.createQueue(SALES_CALL.name, { attributes: FIFO })
  fail('CreateQueue', 'AccessDenied')
  fail('GetQueueAttributes', 'AccessDeniedException')
  t.equal(await provisioner.ensure(SALES_CALL), queueUrl)
  t.match(inputs()[0], { QueueName: SALES_CALL.name, QueueOwnerAWSAccountId: '000000000000' })
  await t.rejects(provisioner.ensure({ name: 'not-there.fifo' }), {
    code: 'IEV_SQS_QUEUE_UNAVAILABLE',
    statusCode: 502,
    message: /not-there\.fifo.*AccessDenied/
  })
})

t.test('queues are created without the right to look them up', async (t) => {
  const { provisioner, server, fail } = await start(t)
  fail('GetQueueUrl', 'AccessDenied')
  t.equal(await provisioner.ensure(SALES_CALL), server.inspectQueue(SALES_CALL.name)?.url)
  t.equal(await provisioner.find('not-there.fifo'), undefined)
})

t.test('a queue of the wrong kind is refused, naming the attribute', async (t) => {
  // SQS ties the kind to the name; an account's own name server may not.
  const { provisioner, server } = await start(t, { type: 'standard' })
  server.createQueue('odd.fifo', { attributes: FIFO })
  await t.rejects(provisioner.ensure({ name: 'odd.fifo' }), {
    code: 'IEV_SQS_QUEUE_UNUSABLE',
    message: /odd\.fifo .*FifoQueue is true/
  })
})

t.test('a refusal names the queue and the code, and the next call tries again', async (t) => {
  const { provisioner, server, fail, heal, commands } = await start(t)
  fail('CreateQueue', 'RequestThrottled')
  const refusal = { code: 'IEV_SQS_QUEUE_UNAVAILABLE', message: /sales_call\.fifo.*RequestThrottled: as asked/ }
  await t.rejects(provisioner.ensure(SALES_CALL), refusal)
  t.strictSame(commands(), ['GetQueueUrl', 'CreateQueue'], 'nothing else was tried')
  t.equal(provisioner.url(SALES_CALL.name), undefined)
  heal()
  await t.resolves(provisioner.ensure(SALES_CALL))
  await server.stop()
  await t.rejects(provisioner.ensure({ name: 'b.fifo' }), { message: /b\.fifo.*ECONN/ })
})

t.test('an unused queue is deleted if it is ours and empty', async (t) => {
  const { provisioner, server, client } = await start(t)
  const { name } = SALES_CALL
  await provisioner.ensure(SALES_CALL)
  t.equal(await provisioner.deleteUnused(name), true)
  t.equal(server.inspectQueue(name), undefined)
  t.equal(provisioner.url(name), undefined)
  t.equal(await provisioner.deleteUnused(name), false, 'it is gone')

  await provisioner.ensure(SALES_CALL)
  t.equal(
    await new QueueProvisioner({ calls: callsOf(client), type: 'fifo', log }).deleteUnused(name),
    true,
    'also one of an earlier run'
  )
})

t.test('a queue that is not ours, or not empty, is not deleted as unused', async (t) => {
  const { provisioner, server, receive } = await start(t)
  server.createQueue('theirs.fifo', { attributes: FIFO, tags: { 'managed-by': 'terraform', instance: 'sales' } })
  t.equal(await provisioner.deleteUnused('theirs.fifo'), false)
  server.createQueue('bare.fifo', { attributes: FIFO })
  t.equal(await provisioner.deleteUnused('bare.fifo'), false)
  await provisioner.ensure(SALES_CALL)
  server.sendMessage(SALES_CALL.name, 'waits', { messageGroupId: 'a', messageDeduplicationId: 'a' })
  t.equal(await provisioner.deleteUnused(SALES_CALL.name), false)
  for (const name of ['theirs.fifo', 'bare.fifo', SALES_CALL.name]) t.ok(server.inspectQueue(name), name)
  await receive(SALES_CALL.name, 1)
  t.equal(await provisioner.deleteUnused(SALES_CALL.name), true, 'once it was emptied')
})

t.test('a queue whose messages are in flight or delayed is not deleted as unused', async (t) => {
  const { provisioner, server, client } = await start(t, { type: 'standard' })
  const names = ['in-flight', 'delayed']
  const [inFlight = ''] = await Promise.all(names.map((name) => provisioner.ensure({ name })))
  server.sendMessage('in-flight', 'a worker has it')
  await client.send(new ReceiveMessageCommand({ QueueUrl: inFlight }))
  server.sendMessage('delayed', 'comes later', { delaySeconds: 600 })
  const deleted = await Promise.all(names.map((name) => provisioner.deleteUnused(name)))
  t.strictSame(deleted, [false, false])
  t.strictSame(
    names.filter((name) => server.inspectQueue(name)),
    names
  )
})

t.test('a deletion that fails does not throw, and the queue stays', async (t) => {
  const { provisioner, server, fail } = await start(t)
  await provisioner.ensure(SALES_CALL)
  fail('DeleteQueue', 'AccessDenied')
  t.equal(await provisioner.deleteUnused(SALES_CALL.name), false)
  t.ok(server.inspectQueue(SALES_CALL.name))
})

t.test('what cannot be kept, or is of no known service, is asked for', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const { queues } = store
  const kept = (more: Partial<QueueStore>): KeptQueues => ({
    store: {
      find: (name: string, of: string) => queues.find(name, of),
      keep: (queue: KnownQueue) => queues.keep(queue),
      forget: (name: string) => queues.forget(name),
      ...more
    },
    service: async () => 'here'
  })
  const failing = async () => Promise.reject(new Error('disk full'))
  const { client, commands } = await start(t)
  const locate = async (known: KeptQueues) => {
    const before = commands().length
    const provisioner = new QueueProvisioner({ calls: callsOf(client), type: 'fifo', kept: known, log })
    await provisioner.locate(SALES_CALL, 100)
    await provisioner.locate(SALES_CALL, 100)
    return { provisioner, calls: commands().slice(before) }
  }
  const FOUND = ['GetQueueUrl', 'GetQueueAttributes']
  t.strictSame((await locate(kept({ keep: failing }))).calls, ['GetQueueUrl', 'CreateQueue', 'GetQueueAttributes'])
  t.strictSame((await locate({ ...kept({}), service: async () => undefined })).calls, FOUND)
  t.strictSame((await locate(kept({}))).calls, FOUND)
  await until(async () => (await queues.find(SALES_CALL.name, 'here')) !== undefined)
  t.strictSame((await locate(kept({ find: failing }))).calls, FOUND)
  const { provisioner, calls } = await locate(kept({ forget: failing }))
  t.strictSame(calls, [])
  t.equal(provisioner.url(SALES_CALL.name), undefined, 'only an earlier run has seen it')
  t.equal(await provisioner.deleteUnused(SALES_CALL.name), true)
  t.ok(await queues.find(SALES_CALL.name, 'here'), 'its row stays')
  t.strictSame((await locate(kept({}))).calls, [], 'and a send would correct it')
  await provisioner.ensure(SALES_CALL)
  t.equal(await (await locate(kept({}))).provisioner.deleteUnused(SALES_CALL.name), true)
  t.equal(await queues.find(SALES_CALL.name, 'here'), undefined)
})

t.test('a queue that is found to be missing while it is looked up in the store is asked for', async (t) => {
  const { client, commands } = await start(t)
  const found = Promise.withResolvers<KnownQueue>()
  const store: QueueStore = { find: () => found.promise, keep: async () => {}, forget: async () => {} }
  const provisioner = new QueueProvisioner({
    calls: callsOf(client),
    type: 'fifo',
    kept: { store, service: async () => 'here' },
    log
  })
  const located = provisioner.locate(SALES_CALL, 100)
  provisioner.forget(SALES_CALL.name)
  found.resolve({ name: SALES_CALL.name, service: 'here', url: 'http://sqs.test/1/old', maxBytes: 1_024 })
  t.not(await located, 'http://sqs.test/1/old')
  t.strictSame(commands(), ['GetQueueUrl', 'CreateQueue', 'GetQueueAttributes'])
})
