import t, { type Test } from 'tap'
import { backends } from '../support/backends.ts'
import { bare } from '../support/build.ts'
import type { Fault, ProxiedCall } from '../support/fault-proxy.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { until } from '../support/until.ts'
import sqsPlugin, { type SqsOptions } from '../../plugins/sqs.ts'

const QUEUE = 'mine_call.fifo'

/** Servers, one after the other, on one database and one SQS. */
async function start(t: Test, url: string) {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  // The SDK has added members to its own.
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const run = async (more: Partial<SqsOptions> = {}) => {
    const server = bare(t)
    await server.register(sqsPlugin, { ...options, credentials, ...more, eventLog: { url } })
    await server.ready()
    const { store } = server.eventLog
    return {
      server,
      store,
      emit: (data: unknown) => server.sqs.emit({ instance: 'mine', event: 'call', data }),
      sent: () => until(() => store.deliveries.pendingCount() === 0)
    }
  }
  /** A run in which events stay pending. */
  const leavePending = async (data: unknown) => {
    proxy.decide = ({ action }) =>
      action === 'SendMessageBatch' ? { status: 503, code: 'ServiceUnavailable' } : undefined
    const { server, emit } = await run()
    await emit(data)
    await server.close()
    proxy.decide = () => undefined
    proxy.calls.length = 0
  }
  const asked = () => proxy.calls.map(({ action }) => action).filter((action) => action !== 'SendMessageBatch')
  return { sqs, proxy, run, leavePending, asked }
}

for (const backend of await backends(t)) {
  t.test(`${backend.name}: a start asks SQS for no queue that is known, but for one that has changed`, async (t) => {
    const { sqs, proxy, run, leavePending, asked } = await start(t, await backend.start(t))
    const first = await run()
    await first.server.sqs.set('mine', { enabled: true, events: ['CALL'] })
    await first.emit(1)
    t.match(await sqs.bodies(QUEUE, 1), [{ data: 1 }])
    await first.server.close()

    await leavePending(2)
    const second = await run()
    t.match(await sqs.bodies(QUEUE, 1), [{ data: 2 }])
    await second.sent()
    t.strictSame(asked(), [], 'nothing but the send')
    await second.server.sqs.set('mine', { enabled: true, events: ['CALL'] })
    t.ok(asked().includes('GetQueueUrl'), 'a request makes sure that the queue is there')
    await second.server.close()

    await leavePending(3)
    sqs.server.deleteQueue(QUEUE)
    const third = await run()
    t.match(await sqs.bodies(QUEUE, 1), [{ data: 3 }], 'a queue that was deleted meanwhile is made again')
    await third.sent()
    t.equal(asked().filter((action) => action === 'CreateQueue').length, 1)
    await third.server.close()

    await leavePending(4)
    const elsewhere = await run({ region: 'sa-east-1' })
    await elsewhere.sent()
    t.strictSame(asked().slice(0, 1), ['GetQueueUrl'], 'another region is asked anew')
    await elsewhere.server.close()

    await leavePending(5)
    const denied = ({ action }: ProxiedCall): Fault =>
      action === 'SendMessageBatch' && !asked().includes('GetQueueUrl')
        ? { status: 403, code: 'AccessDenied' }
        : undefined
    proxy.decide = denied
    const other = await run()
    await other.sent()
    t.ok(asked().includes('GetQueueUrl'), 'one that is denied may be of another account')
    t.same(await other.store.deadLetters.read({ after: 0, limit: 10 }), [])
  })
}

t.test('an event that is larger than a queue was known to accept is judged by what it accepts now', async (t) => {
  const url = await (await backends(t))[0]!.start(t)
  const { sqs, proxy, run, leavePending, asked } = await start(t, url)
  const attributes = (bytes: number) => ({ FifoQueue: 'true', MaximumMessageSize: String(bytes) })
  sqs.server.createQueue(QUEUE, { attributes: attributes(2_048) })
  const first = await run()
  await first.server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  await first.server.close()

  await leavePending('x'.repeat(3_000))
  const second = await run()
  await second.sent()
  t.match(await second.store.deadLetters.read({ after: 0, limit: 10 }), [{ reason: 'IEV_SQS_PAYLOAD_TOO_LARGE' }])
  t.ok(asked().includes('GetQueueAttributes'), 'SQS was asked again')
  await second.server.close()

  sqs.server.deleteQueue(QUEUE)
  sqs.server.createQueue(QUEUE, { attributes: attributes(1_048_576) })
  const third = await run()
  // Its limit is lowered while the server runs.
  await third.emit('small')
  t.match(await sqs.bodies(QUEUE, 1), [{ data: 'small' }])
  proxy.calls.length = 0
  const message = 'One or more parameters are invalid. Reason: Message must be shorter than 2048 bytes.'
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' && !asked().includes('GetQueueAttributes')
      ? { status: 400, code: 'InvalidParameterValue', message }
      : undefined
  await third.server.sqs.deadLetters.redrive({})
  t.match(await sqs.bodies(QUEUE, 1), [{ instance: 'mine' }])
})
