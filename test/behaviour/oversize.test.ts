import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { build } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

const BUCKET = 'large-events'

async function withS3(t: Test) {
  const sqs = await startSqs(t)
  sqs.server.createBucket(BUCKET)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const server = await build(t, {
    sqs: {
      ...sqs.options,
      endpoint: proxy.endpoint,
      global: { events: ['CALL'] },
      maxPayloadBytes: 4_096,
      s3: { ...sqs.options, bucket: BUCKET, prefix: 'hub' }
    }
  })
  const s3 = new S3Client({ ...sqs.options, forcePathStyle: true })
  t.after(() => s3.destroy())
  return { sqs, server, s3, proxy }
}

t.test(
  'a message that is too large is stored in S3, and the queue receives a reference to it in its place',
  async (t) => {
    const { sqs, server, s3 } = await withS3(t)
    const large = { text: 'ã📦'.repeat(3_000) }
    const accept = (data: unknown, id: string) => ({
      instance: 'loja 1',
      event: 'call',
      data,
      id,
      extra: { progress: 7 }
    })
    await server.eventLog.accept([
      accept('before', 'a'),
      accept(large, 'b/ç'),
      accept(large, 'c'),
      accept('after', 'd')
    ])

    const bodies = await sqs.bodies('global_call.fifo', 4)
    t.match(bodies, [
      { dataType: 'json', data: 'before', offset: 1 },
      { dataType: 's3', id: 'b/ç', offset: 2, event: 'call', instance: 'loja 1', progress: 7 },
      { dataType: 's3', id: 'c', offset: 3 },
      { dataType: 'json', data: 'after', offset: 4 }
    ])
    const reference = bodies[1]?.data as { bucket: string; key: string; fileUrl: string; size: number }
    t.match(reference, { bucket: BUCKET, key: 'hub/loja%201/2-b%2F%C3%A7.json', size: Number })
    const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: reference.key }))
    t.equal(ContentLength, reference.size)
    const stored = JSON.parse((await Body?.transformToString()) ?? '') as object
    t.match(stored, {
      event: 'call',
      instance: 'loja 1',
      dataType: 'json',
      data: large,
      id: 'b/ç',
      offset: 2,
      progress: 7
    })

    t.match(reference.fileUrl, /X-Amz-Signature=/)
    const opened = await fetch(reference.fileUrl)
    t.same(await opened.json(), stored)
    t.equal((await server.eventLog.store.deadLetters.count()).count, 0)
  }
)

t.test('no event overwrites the object of another, and no key is too long', async (t) => {
  const { sqs, server } = await withS3(t)
  const large = (text: string) => ({ instance: 'mine', event: 'call', data: text.repeat(9_000), id: 'same' })
  await server.onInstanceEvent(large('a'))
  await server.eventLog.instances.remove('mine')
  await server.onInstanceEvent(large('b'))
  await server.onInstanceEvent({ ...large('c'), instance: 'ã'.repeat(100), id: '漢'.repeat(128) })
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'd'.repeat(9_000) })
  const bodies = await sqs.bodies('global_call.fifo', 4)
  const references = bodies.map(({ data }) => data as { key: string; fileUrl: string })
  t.equal(new Set(references.map(({ key }) => key)).size, 4)
  const found = await Promise.all(references.map(async ({ fileUrl }) => (await fetch(fileUrl)).json()))
  t.same(found.map((message) => (message as { data: string }).data[0]).sort(), ['a', 'b', 'c', 'd'])
  for (const { key } of references) t.ok(Buffer.byteLength(key) <= 1_024)
  const own = bodies.find(
    ({ id }) => id !== 'same' && references.some(({ key }) => key === `hub/mine/${String(id)}.json`)
  )
  t.ok(own, 'a generated id is the name of the object')
})

t.test('long extra members go to S3 with the data', async (t) => {
  const { sqs, server } = await withS3(t)
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const call = { instance: 'mine', event: 'call', data: 1, extra: { more: 'x'.repeat(9_000) } }
  await server.onInstanceEvent(call)
  await server.onInstanceEvent({ ...call, traceparent })
  const [message, traced] = await sqs.bodies('global_call.fifo', 2)
  t.match(message, { dataType: 's3' })
  t.match(traced, { dataType: 's3', traceparent }, 'the trace stays in the message')
  t.notOk('more' in (message ?? {}))
  const { fileUrl } = Object(message?.data) as { fileUrl: string }
  const stored = await (await fetch(fileUrl)).json()
  t.match(stored, { data: 1, more: /^x{9000}$/ })
})

t.test('an event that S3 refuses permanently becomes a dead letter, and later events are sent', async (t) => {
  const sqs = await startSqs(t)
  const server = await build(t, {
    sqs: {
      ...sqs.options,
      global: { events: ['CALL'] },
      maxPayloadBytes: 4_096,
      maxAttempts: 2,
      s3: { ...sqs.options, bucket: 'not-there' }
    }
  })
  await server.eventLog.accept(['x'.repeat(9_000), 'behind'].map((data) => ({ instance: 'mine', event: 'call', data })))
  t.match(await sqs.bodies('global_call.fifo', 1), [{ data: 'behind' }])
  t.match(await server.eventLog.store.deadLetters.read({ after: 0, limit: 10 }), [
    { offset: 1, reason: 'NoSuchBucket', attempts: 2 }
  ])
  t.match((await server.inject('/metrics')).body, /iev_sqs_failures_total\{kind="permanent",code="NoSuchBucket"\} 2/)
})

t.test('a failed upload is repeated; it delays its own instance, not others', async (t) => {
  const { sqs, server, s3 } = await withS3(t)
  const { send } = S3Client.prototype
  let failures = 2
  t.intercept(S3Client.prototype, 'send', {
    value(this: S3Client, ...args: Parameters<typeof send>) {
      if (this !== s3 && failures-- > 0)
        return Promise.reject(Object.assign(new Error('slow down'), { name: 'SlowDown' }))
      return send.apply(this, args)
    }
  })
  const accept = (instance: string, data: unknown) => server.onInstanceEvent({ instance, event: 'call', data })
  await Promise.all([accept('a', 'x'.repeat(9_000)), accept('a', 'behind'), accept('b', 'another')])
  const bodies = await sqs.bodies('global_call.fifo', 3)
  t.match(bodies, [{ instance: 'b' }, { instance: 'a', dataType: 's3' }, { instance: 'a', data: 'behind' }])
  t.ok(failures < 0)
})

t.test('a message larger than the limit of its queue is stored in S3', async (t) => {
  const { sqs, server } = await withS3(t)
  sqs.server.createQueue('mine_call.fifo', { attributes: { FifoQueue: 'true', MaximumMessageSize: '1024' } })
  await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'x'.repeat(2_000) })
  t.match(await sqs.bodies('mine_call.fifo', 1), [{ dataType: 's3' }])
  t.match(await sqs.bodies('global_call.fifo', 1), [{ dataType: 'json' }])
})

t.test('a queue’s limit that is known only when the first event is sent counts', async (t) => {
  const sqs = await startSqs(t)
  sqs.server.createQueue('global_call.fifo', { attributes: { FifoQueue: 'true', MaximumMessageSize: '1024' } })
  const server = await build(t, { sqs: sqs.options })
  // This queue is not provisioned at the start, but when the first event needs it.
  await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  const { store } = server.eventLog
  const own = server.sqs.plan.bind(server.sqs)
  server.sqs.plan = (...args) => ({ queues: [...(own(...args).queues ?? []), 'global_call.fifo'] })
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 'x'.repeat(2_000) })
  await until(async () => (await store.deadLetters.count()).count !== 0)
  t.match(await store.deadLetters.read({ after: 0, limit: 10 }), [
    { queue: 'global_call.fifo', reason: 'IEV_SQS_PAYLOAD_TOO_LARGE', message: /limit is 1024/ }
  ])
})

t.test('dlqMaxReceives gives each queue a dead-letter queue of SQS', async (t) => {
  const sqs = await startSqs(t)
  const server = await build(t, { sqs: { ...sqs.options, dlqMaxReceives: 3 } })
  const { queues } = await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  const dlq = sqs.server.inspectQueue('mine_call-dlq.fifo')
  t.equal(dlq?.attributes.FifoQueue, 'true')
  const policy = JSON.parse(sqs.server.inspectQueue('mine_call.fifo')?.attributes.RedrivePolicy ?? '{}') as object
  t.same(policy, { deadLetterTargetArn: dlq?.arn, maxReceiveCount: 3 })
  t.equal(queues.length, 1, 'the dead-letter queue is not listed')
})
