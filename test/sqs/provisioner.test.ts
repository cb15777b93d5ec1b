import t from 'tap'
import type { KeptQueues } from '../../lib/sqs/known-queues.ts'
import { QueueProvisioner } from '../../lib/sqs/provisioner.ts'
import type { KnownQueue, QueueStore } from '../../lib/store/queue-store.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { callsOf, FIFO, log, SALES_CALL, startProvisioner as start } from '../support/provisioner.ts'
import { until } from '../support/until.ts'

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

t.test('new queues and their dead-letter queues have the given attributes and tags', async (t) => {
  const { provisioner, server, tags } = await start(t, {
    dlqMaxReceives: 3,
    attributes: {
      all: { messageRetentionSeconds: 600, kmsKeyId: 'alias/key', tags: { team: 'hub' } },
      own: { visibilityTimeoutSeconds: 90 },
      deadLetter: { messageRetentionSeconds: 1_209_600, sqsManagedSse: true }
    }
  })
  const url = await provisioner.ensure(SALES_CALL)
  const own = { 'managed-by': 'fastify-instance-events', instance: 'sales', event: 'CALL', team: 'hub' }
  t.match(server.inspectQueue(SALES_CALL.name)?.attributes, {
    ...FIFO,
    MessageRetentionPeriod: '600',
    VisibilityTimeout: '90',
    KmsMasterKeyId: 'alias/key',
    RedrivePolicy: /"maxReceiveCount":3/
  })
  t.strictSame(await tags(url), own)
  const deadLetter = server.inspectQueue('sales_call-dlq.fifo')
  t.match(deadLetter?.attributes, { ...FIFO, MessageRetentionPeriod: '1209600', SqsManagedSseEnabled: 'true' })
  t.notOk(deadLetter?.attributes.KmsMasterKeyId)
  t.strictSame(await tags(deadLetter?.url ?? ''), own)
  await provisioner.ensure({ name: 'global_call.fifo', event: 'CALL' })
  t.match(server.inspectQueue('global_call.fifo')?.attributes, { VisibilityTimeout: '30' }, 'a shared one')
  t.equal(provisioner.differences.summary.count, 0)
})

t.test('existing queues with other attributes are named until they are looked up again', async (t) => {
  const { provisioner, server } = await start(t, { attributes: { all: { messageRetentionSeconds: 600 } } })
  for (let n = 0; n < 21; n++) server.createQueue(`q${n}.fifo`, { attributes: FIFO })
  const attributes = { ...FIFO, MessageRetentionPeriod: '600' }
  server.createQueue('same.fifo', { attributes })
  const others = [{ name: 'MessageRetentionPeriod', value: '345600', expected: '600' }]
  for (let n = 0; n < 21; n++) await provisioner.ensure({ name: `q${n}.fifo` })
  await provisioner.ensure({ name: 'same.fifo' })
  t.strictSame([provisioner.differences.of('q0.fifo'), provisioner.differences.of('same.fifo')], [others, undefined])
  const { count, queues } = provisioner.differences.summary
  t.strictSame([count, queues.length, queues[0]], [21, 20, { name: 'q0.fifo', otherAttributes: others }])
  t.match(server.inspectQueue('q0.fifo')?.attributes, { MessageRetentionPeriod: '345600' }, 'not changed')
  provisioner.forget('q0.fifo')
  server.deleteQueue('q0.fifo')
  await provisioner.ensure({ name: 'q0.fifo' })
  t.equal(provisioner.differences.summary.count, 20, 'one that was created again is as it should be')
})

t.test('a dead-letter queue that exists with other attributes is named', async (t) => {
  const { provisioner, server, commands } = await start(t, {
    dlqMaxReceives: 3,
    attributes: { deadLetter: { messageRetentionSeconds: 600 } }
  })
  server.createQueue('sales_call-dlq.fifo', { attributes: FIFO })
  await provisioner.ensure(SALES_CALL)
  const others = [{ name: 'MessageRetentionPeriod', value: '345600', expected: '600' }]
  t.strictSame(provisioner.differences.summary, {
    count: 1,
    queues: [{ name: 'sales_call-dlq.fifo', otherAttributes: others }]
  })
  t.equal(commands().filter((command) => command === 'GetQueueAttributes').length, 2, 'no call more')
})

t.test('a queue that another process creates meanwhile, with other attributes, is used', async (t) => {
  const attributes = { all: { messageRetentionSeconds: 600 } }
  const { provisioner, server, client, fail, commands } = await start(t, { attributes })
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        if (commandName === 'CreateQueueCommand') server.createQueue(SALES_CALL.name, { attributes: FIFO })
        return next(args)
      },
    { step: 'initialize' }
  )
  t.equal(await provisioner.ensure(SALES_CALL), server.inspectQueue(SALES_CALL.name)?.url)
  t.strictSame(commands(), ['GetQueueUrl', 'CreateQueue', 'GetQueueUrl', 'GetQueueAttributes'])
  t.match(provisioner.differences.of(SALES_CALL.name), [{ name: 'MessageRetentionPeriod', expected: '600' }])
  provisioner.forget(SALES_CALL.name)
  fail('GetQueueUrl', 'AccessDenied')
  await t.rejects(provisioner.ensure(SALES_CALL), {
    code: 'IEV_SQS_QUEUE_UNAVAILABLE',
    message: /QueueNameExists|QueueAlreadyExists/
  })
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

t.test('what cannot be kept, or is of no known service, is asked for', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const { queues } = store
  const kept = (more: Partial<QueueStore>): KeptQueues => ({
    store: {
      find: (name: string, of: string) => queues.find(name, of),
      list: (of, page) => queues.list(of, page),
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
  const store: QueueStore = {
    find: () => found.promise,
    list: async () => [],
    keep: async () => {},
    forget: async () => {}
  }
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
