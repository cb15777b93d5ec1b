import t, { type Test } from 'tap'
import eventLogPlugin from '../../plugins/event-log.ts'
import sqsPlugin from '../../plugins/sqs.ts'
import type { SqsOptions } from '../../lib/schemas/options/sqs.ts'
import { createSqs } from '../../lib/sqs/create-sqs.ts'
import { backends } from '../support/backends.ts'
import { bare } from '../support/build.ts'
import { holdSends } from '../support/held-calls.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { until } from '../support/until.ts'

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }

/** A database and an SQS that a server has used: queues of two instances are known, and one shared queue. */
async function used(t: Test, url: string) {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const first = bare(t)
  const global = { events: ['CALL'] }
  const given = { ...options, credentials: { ...CREDENTIALS }, global }
  await first.register(sqsPlugin, { ...given, eventLog: { url } })
  await first.ready()
  for (const instance of ['one', 'two']) await first.sqs.set(instance, { enabled: true, events: ['CALL'] })
  await until(() => sqs.depth('global_call.fifo') !== undefined)

  /** The transport of the next run. It does not make sure of the shared queues, which `ready` of a server does. */
  const run = async (more: Partial<SqsOptions>) => {
    const server = bare(t)
    await server.register(eventLogPlugin, { url })
    const settings = { ...options, credentials: { ...CREDENTIALS }, global, ...more }
    const { eventLog, log } = server
    const transport = await createSqs(settings, { eventLog, log, pace: { pauseMs: 1, betweenMs: 1 } })
    server.addHook('onClose', () => transport.close())
    await transport.start()
    return { server, transport, deliveries: eventLog.store.deliveries }
  }
  const asked = () => proxy.calls.map(({ action }) => action).filter((action) => action !== 'SendMessageBatch')
  return { sqs, proxy, first, run, asked }
}

for (const backend of await backends(t)) {
  t.test(`${backend.name}: settings that changed are compared with the queues of earlier runs`, async (t) => {
    const { sqs, proxy, first, run, asked } = await used(t, await backend.start(t))
    await first.close()
    sqs.server.deleteQueue('two_call.fifo')
    sqs.server.createQueue('one_call-dlq.fifo', { attributes: { FifoQueue: 'true', DelaySeconds: '5' } })

    const same = await run({})
    proxy.calls.length = 0
    await same.transport.compareKnownQueues()
    t.strictSame(same.transport.emitter.differingQueues, { count: 0, queues: [] })
    t.strictSame(asked(), ['GetQueueAttributes', 'GetQueueAttributes', 'GetQueueAttributes'], 'a call for each')
    await same.server.close()

    const { transport } = await run({
      dlqMaxReceives: 3,
      queueAttributes: {
        own: { delaySeconds: 9 },
        shared: { messageRetentionSeconds: 600 },
        deadLetter: { delaySeconds: 8 }
      }
    })
    await transport.compareKnownQueues()
    const { count, queues } = transport.emitter.differingQueues
    const named = queues.map(({ name, otherAttributes }) => [name, otherAttributes.map((other) => other.name).sort()])
    t.equal(count, 3, 'a queue that was deleted has no attributes')
    t.strictSame(named.sort(), [
      ['global_call.fifo', ['MessageRetentionPeriod', 'RedrivePolicy.maxReceiveCount']],
      ['one_call-dlq.fifo', ['DelaySeconds']],
      ['one_call.fifo', ['DelaySeconds', 'RedrivePolicy.maxReceiveCount']]
    ])
  })

  t.test(`${backend.name}: nothing but sends goes to SQS until the events of earlier runs are sent`, async (t) => {
    const { proxy, first, run, asked } = await used(t, await backend.start(t))
    proxy.decide = ({ action }) =>
      action === 'SendMessageBatch' ? { status: 503, code: 'ServiceUnavailable' } : undefined
    await first.sqs.emit({ instance: 'one', event: 'call', data: 1 })
    await first.close()
    const held = holdSends(proxy)
    proxy.calls.length = 0

    const { transport, deliveries } = await run({ queueAttributes: { own: { delaySeconds: 9 } } })
    const looked = Promise.withResolvers<void>()
    const { oldestPending } = deliveries
    let times = 0
    deliveries.oldestPending = () => {
      if (++times === 5) looked.resolve()
      return oldestPending.call(deliveries)
    }
    const compared = transport.compareKnownQueues()
    await Promise.all([held.asked, looked.promise])
    t.strictSame(asked(), [], 'it has waited five times')
    held.release()
    await compared
    t.equal(asked().length, 3)
    t.equal(transport.emitter.differingQueues.count, 2)
  })
}

t.test('a queue that SQS does not describe now is left out, and a close ends the comparison', async (t) => {
  const [backend] = await backends(t)
  const { proxy, first, run } = await used(t, await backend!.start(t))
  await first.close()
  let failed = 0
  proxy.decide = ({ action }) =>
    action === 'GetQueueAttributes' && failed++ === 0 ? { status: 503, code: 'ServiceUnavailable' } : undefined
  const { server, transport } = await run({ queueAttributes: { all: { delaySeconds: 9 } } })
  await transport.compareKnownQueues()
  t.equal(transport.emitter.differingQueues.count, 2)

  const held = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  proxy.decide = async () => {
    asked.resolve()
    await held.promise
    return undefined
  }
  const again = transport.compareKnownQueues()
  await asked.promise
  const closed = server.close()
  held.resolve()
  await Promise.all([again, closed])
  t.pass('both have ended')
})

t.test('standard queues without attributes, and a client without an address, are not asked for', async (t) => {
  const [backend] = await backends(t)
  const { proxy, first, run, asked } = await used(t, await backend!.start(t))
  await first.close()
  proxy.calls.length = 0
  const standard = await run({ queueType: 'standard' })
  await standard.transport.compareKnownQueues()
  await standard.server.close()
  const sendOnly = { send: async () => ({}) }
  const unknown = await run({ client: sendOnly })
  await unknown.transport.compareKnownQueues()
  t.strictSame(asked(), [])
})
